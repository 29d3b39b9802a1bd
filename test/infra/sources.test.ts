import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, expect, test } from 'vitest';
import { type System, System as Systems } from '../../domain/data-map.ts';
import { bundleFunctions } from '../../infra/bundle.ts';
import { context, root } from '../../infra/context.ts';
import { entriesFor } from '../../infra/functions.ts';
import { readSettings } from '../../infra/settings.ts';
import { PrivacyStack } from '../../infra/stack.ts';

const assets = join(root, '.local', 'bundles', 'sources');
const other = 'arn:aws:lambda:eu-north-1:210987654321:function:look:live';

const typed = (system: System, type: string, options: object, concurrency?: number): System =>
  Systems.parse({ ...system, connector: { type, options, secret: `privacy/${type}`, concurrency } });

const asked = readdirSync(join(root, 'functions/gather')).map((file) => file.replace('.ts', ''));
const options: Readonly<Record<string, object>> = {
  lambda: { function: 'archive' },
  s3: { bucket: 'files-of-people' },
};

let template: Template;
let text: string;

beforeAll(async () => {
  const settings = readSettings(root);
  const { orders } = settings.map.systems;
  const of = (type: string, given = options[type] ?? {}) => typed(orders as System, type, given);
  const systems = {
    ...Object.fromEntries(asked.map((type) => [type, of(type)])),
    far: of('lambda', { function: other }),
    narrow: typed(orders as System, 'rest', {}, 2),
  };
  const changed = { ...settings, map: { ...settings.map, systems } };
  await bundleFunctions(assets, entriesFor(changed), settings.config.country);
  const stack = new PrivacyStack(new App({ context }), 'Privacy', { settings: changed, assets, allowLoopback: false });
  template = Template.fromStack(stack);
  text = JSON.stringify(Object.values(template.findResources('AWS::IAM::Policy')));
}, 120_000);

test('every kind of connector is bundled with its driver, and none with more than 5 MB', () => {
  for (const type of asked) {
    const bundle = readdirSync(assets).find((name) => name.endsWith(`gather-${type}`)) ?? '';
    const { size } = statSync(join(assets, bundle, 'index.mjs'));
    expect(size, type).toBeGreaterThan(100_000);
    expect(size, type).toBeLessThan(5_000_000);
  }
});

test('the function of a lambda source may invoke the function that the map names, and no other', () => {
  const granted = text.match(/"Action":"lambda:InvokeFunction","Effect":"Allow","Resource":(\{.*?\}|".*?")\}/g) ?? [];
  const named = granted
    .filter((each) => !each.includes('Fn::GetAtt'))
    .map((each) => each.slice(each.indexOf('Resource')));
  expect(named.toSorted()).toEqual([
    expect.stringContaining(`"${other}"`),
    expect.stringMatching(/:function:archive"\]\]/),
  ]);
});

test('as many functions ask a system at once as the map says, and where it says nothing Lambda decides', () => {
  const functions = Object.values(template.findResources('AWS::Lambda::Function'));
  const limited = functions.filter(({ Properties }) => Properties.ReservedConcurrentExecutions !== undefined);
  expect(limited.map(({ Properties }) => [Properties.FunctionName, Properties.ReservedConcurrentExecutions])).toEqual([
    ['Privacy-gather-narrow', 2],
  ]);
});
