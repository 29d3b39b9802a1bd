import { parseArgs } from 'node:util';
import { soak } from '../test/journeys/soak.ts';

// `npm run soak`: ten requests while the local cloud is killed a hundred times. Exits 1 when anything is lost, stuck or doubled.

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '10' },
    kills: { type: 'string', default: '100' },
    seed: { type: 'string', default: '20261124' },
  },
});
const options = { requests: Number(values.requests), kills: Number(values.kills), seed: Number(values.seed) };
if (Object.values(options).some((value) => !Number.isSafeInteger(value) || value < 1)) {
  console.error('soak: --requests, --kills and --seed must be whole numbers from 1 on');
  process.exit(2);
}
const { problems, kills, seconds, executions, mails, again } = await soak({
  ...options,
  tell: (text) => process.stderr.write(`soak: ${text}\n`),
});
for (const problem of problems) console.error(`soak: ${problem}`);
console.log(
  `soak: ${options.requests} requests, ${kills} kills (seed ${options.seed}), ${executions} executions, ${mails} mails, ` +
    `${again} sent again, ${problems.length} problems, ${seconds} s`,
);
process.exitCode = problems.length > 0 ? 1 : 0;
