import { writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, resolve } from 'node:path';
import { build, type Metafile, type Plugin } from 'esbuild';

const functions = resolve(import.meta.dirname, '../functions');

/**
 * Node's own modules by `process.getBuiltinModule`: importing them as ES modules builds a facade that loads all of undici, 31 % of a
 * function's initialisation (performance.md 0.2).
 */
const builtins: Plugin = {
  name: 'builtins',
  setup({ onResolve, onLoad }) {
    const names = new Set(builtinModules);
    onResolve({ filter: /^(node:)?[a-z_/0-9]+$/ }, ({ path }) =>
      names.has(path.replace('node:', '')) ? { path: path.replace('node:', ''), namespace: 'builtin' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('node:${path}');`,
      loader: 'js',
    }));
  },
};

/** In Lambda the credentials always stand in the environment: the chain that looks elsewhere is 135 kB (performance.md 1.4). */
const environmentCredentials: Plugin = {
  name: 'environment-credentials',
  setup({ onResolve }) {
    const path = join(functions, 'aws/credentials.ts');
    onResolve({ filter: /^@aws-sdk\/credential-provider-node$/ }, () => ({ path }));
  },
};

/** Puts something in the place of a library's file that is bundled and never used. */
const instead = (name: string, filter: RegExp, contents: string): Plugin => ({
  name,
  setup({ onLoad }) {
    onLoad({ filter }, () => ({ contents }));
  },
});

const unused: readonly Plugin[] = [
  // Fonts are WOFF, which zlib opens; what opens WOFF2 would be a third of the letter's function.
  instead('no-brotli', /node_modules\/brotli\//, 'module.exports = undefined;'),
  // What a mail carries names its type: the table of all types would be an eighth of the dispatcher.
  instead(
    'no-mime-types',
    /nodemailer\/.*\/mime-types\.js$/,
    'export const detectMimeType = () => "application/octet-stream", detectExtension = () => "bin";',
  ),
  // No operation that is called here streams events; what reads them is 15 kB in every function.
  instead(
    'no-event-streams',
    /@smithy\/core\/dist-es\/submodules\/event-streams\/index\.js$/,
    'export const EventStreamSerde = undefined, eventStreamSerdeProvider = () => undefined, resolveEventStreamSerdeConfig = (config) => config;',
  ),
  // DynamoDB is called at its region's endpoint: there is none to discover. 8 kB in every function.
  instead('no-endpoint-cache', /@aws-sdk\/endpoint-cache\/dist-es\/index\.js$/, 'export class EndpointCache {}'),
];

/** The holidays of the controller's country only: the whole table is 30 kB in every function that counts a time limit. */
const holidaysOf = (country: string): Plugin => ({
  name: 'holidays',
  setup({ onLoad }) {
    onLoad({ filter: /domain\/holidays\/table\.ts$/ }, async ({ path }) => {
      const { holidayTable, holidayListVersion } = (await import(path)) as typeof import('../domain/holidays/table.ts');
      const contents = [
        `export const holidayListVersion = ${JSON.stringify(holidayListVersion)};`,
        `export const holidayTable = ${JSON.stringify({ [country]: holidayTable[country] })};`,
      ].join('\n');
      return { contents, loader: 'js' };
    });
  },
});

/** How every function is bundled; `bench/` builds its yardsticks the same way. */
export const bundling = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  mainFields: ['module', 'main'],
  minify: true,
  legalComments: 'none',
  // Danish letters as they are, not as escapes of twice their length.
  charset: 'utf8',
  metafile: true,
  jsx: 'automatic',
  jsxImportSource: 'hono/jsx',
  loader: { '.css': 'text', '.woff': 'binary' },
  outExtension: { '.js': '.mjs' },
  plugins: [builtins, environmentCredentials, ...unused],
  logLevel: 'warning',
} as const;

/** `tasks/ask-for-proof` -> `tasks-ask-for-proof`: the folder of a function's asset. */
export const assetName = (entry: string): string => entry.replaceAll('/', '-');

/** One esbuild run for all functions; each gets a folder with its bundle and the settings it asks for. */
export const bundleFunctions = async (
  out: string,
  entries: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
  country: string,
): Promise<Metafile> => {
  const names = Object.keys(entries);
  const entryPoints = Object.fromEntries(
    names.map((entry) => [`${assetName(entry)}/index`, join(functions, `${entry}.ts`)]),
  );
  const { metafile } = await build({
    ...bundling,
    entryPoints,
    outdir: out,
    plugins: [...bundling.plugins, holidaysOf(country)],
    mainFields: [...bundling.mainFields],
  });
  for (const entry of names) {
    for (const [file, content] of Object.entries(entries[entry] ?? {})) {
      writeFileSync(join(out, assetName(entry), file), JSON.stringify(content));
    }
  }
  return metafile;
};
