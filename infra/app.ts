import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { bundleFunctions } from './bundle.ts';
import { context, root } from './context.ts';
import { DemoStack } from './demo-stack.ts';
import { entriesFor } from './functions.ts';
import { readSettings } from './settings.ts';
import { PrivacyStack } from './stack.ts';

const app = new App({ context });
const demo = app.node.tryGetContext('demo') === true || app.node.tryGetContext('demo') === 'true';
const settings = readSettings(demo ? join(root, 'demo') : root);

// With the output, so that two that synthesise at once do not write over each other.
const assets = join(app.outdir, 'bundles');
mkdirSync(assets, { recursive: true });
await bundleFunctions(assets, entriesFor(settings), settings.config.country);

// What is deployed for real is what nag looks at; the demo's stack stands in for systems that are not ours.
if (!demo) Validations.of(app).addPlugins(new AwsSolutionsChecks(app));

new PrivacyStack(app, demo ? 'PrivacyDemo' : 'Privacy', {
  settings,
  assets,
  allowLoopback: demo,
  // The demo is taken down whole; what is deployed for real is not.
  terminationProtection: !demo,
});
if (demo) new DemoStack(app, 'DemoSystems');
app.synth();
