import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import type { Preview } from '../web/mail/preview.ts';

type PreviewModule = typeof import('../web/mail/preview.ts');

/** Mails are written in JSX, which Node does not run: they are bundled first. */
const loadPreviews = async (): Promise<PreviewModule> => {
  const { build } = await import('esbuild');
  const folder = await mkdtemp(join(tmpdir(), 'privacy-mails-'));
  const outfile = join(folder, 'preview.mjs');
  try {
    await build({
      entryPoints: [join(import.meta.dirname, '../web/mail/preview.ts')],
      bundle: true,
      platform: 'node',
      format: 'esm',
      jsx: 'automatic',
      jsxImportSource: 'hono/jsx',
      outfile,
      logLevel: 'error',
    });
    return (await import(pathToFileURL(outfile).href)) as PreviewModule;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const emlOf = async ({ name, language, subject, text, html }: Preview): Promise<Buffer> => {
  const { mimeOf } = await import('../functions/aws/mime.ts');
  return mimeOf({
    from: 'privacy@nordlys.example',
    fromName: 'Nordlys Handel A/S',
    to: 'person@example.org',
    subject,
    text,
    html,
    reference: 'K7F-4QX-92M',
    mailId: name,
    domain: 'nordlys.example',
    staff: false,
    language,
  });
};

const writePreview = async (folder: string, preview: Preview): Promise<void> => {
  const path = (ending: string) => join(folder, `${preview.name}.${ending}`);
  await writeFile(path('html'), preview.html);
  await writeFile(path('txt'), `${preview.subject}\n\n${preview.text}`);
  await writeFile(path('eml'), await emlOf(preview));
};

const previewMails = async ({ out }: { out: string }): Promise<void> => {
  const { previews } = await loadPreviews();
  const all = previews();
  await mkdir(out, { recursive: true });
  for (const preview of all) await writePreview(out, preview);
  process.stdout.write(`${all.map(({ name, subject }) => `${name}\t${subject}`).join('\n')}\n`);
  process.stderr.write(`${all.length} mails as html, txt and eml in ${out}\n`);
};

/** `privacy email preview`: every mail in every language, as a made-up person, DPO and owner would get it. */
export const registerEmail = (program: Command): void => {
  program
    .command('email')
    .description('the mails that are sent')
    .command('preview')
    .description('write every mail in every language as html, txt and eml, about a made-up case')
    .option('--out <folder>', 'where to', '.local/mails')
    .action(previewMails);
};
