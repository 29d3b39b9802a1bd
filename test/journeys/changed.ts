import { cpSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synth } from '../../local/synth.ts';

interface Template {
  Resources: Record<string, { Type: string; Properties: Record<string, unknown> }>;
}

const editJson = <T>(file: string, edit: (value: T) => void): void => {
  const value = JSON.parse(readFileSync(file, 'utf8')) as T;
  edit(value);
  writeFileSync(file, JSON.stringify(value));
};

/** A copy of the demo's cdk.out that was changed. */
export const changedSynth = async (change: (folder: string) => void): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), 'privacy-changed-'));
  cpSync(await synth(), folder, { recursive: true });
  change(folder);
  return folder;
};

/** Gives the function that gathers from a system so many seconds. */
export const withTimeout = (system: string, seconds: number) => (folder: string) =>
  editJson<Template>(join(folder, 'PrivacyDemo.template.json'), ({ Resources }) => {
    const found = Object.values(Resources).find(
      ({ Type, Properties }) =>
        Type === 'AWS::Lambda::Function' && Properties.FunctionName === `PrivacyDemo-gather-${system}`,
    );
    if (!found) throw new Error(`no function gathers from ${system}`);
    found.Properties.Timeout = seconds;
  });

export interface MapFile {
  map: {
    systems: Record<
      string,
      {
        title: { da: string; en: string };
        canary?: object;
        tier: 'basic' | 'elevated';
        owner: { name: string; email: string; language: string };
        collections: Record<string, { fields: Record<string, { freeText?: boolean }> }>;
      }
    >;
  };
  hash: string;
}

/** Changes the data map beside every function that has one. */
export const withMap = (edit: (file: MapFile) => void) => (folder: string) => {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /data-map\.json$/.test(file),
  );
  if (files.length === 0) throw new Error('no function has a data map');
  for (const file of files) editJson(join(folder, file), edit);
};
