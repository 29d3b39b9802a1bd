// Loads a bundle and, asked to, calls its handler once: what a cold start of Lambda does. Run with `node --predictable`.
import { readFileSync } from 'node:fs';

const [, , bundle, mode, eventFile] = process.argv;
const { handler } = await import(bundle);
if (mode === 'call') await handler(JSON.parse(readFileSync(eventFile, 'utf8')), {});
// No idle sockets, no timers: the count ends where the work ends.
process.exit(0);
