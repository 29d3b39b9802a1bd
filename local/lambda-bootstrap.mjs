// Runs one function in a process of its own, as Lambda's Node runtime does: loads the handler, then answers one event at a time.
// It speaks with the local cloud over the process's IPC channel and imports nothing of it.
import { existsSync } from 'node:fs';
import { enableCompileCache, flushCompileCache } from 'node:module';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';

/** What Lambda takes back from a function at most, in bytes. */
const largestAnswer = 6_291_556;

const { LAMBDA_TASK_ROOT: root, _HANDLER: name } = process.env;
const send = process.send.bind(process);
const report = (message) => new Promise((resolve) => send(message, resolve));
const tell = (result, fatal) => report({ id: requestId, result, fatal, rss: process.resourceUsage().maxRSS * 1024 });
// The channel is the runtime's, not the handler's.
delete process.send;

let requestId = '';
let offset = 0;
let handler;

// The bundle compiled once serves every later process: a quarter less work for a cold start.
enableCompileCache(process.argv[2]);
shiftTime();
prefixLogs();
process.on('message', (invocation) => run(invocation));
// The local cloud is gone, however it went.
process.on('disconnect', () => process.exit(0));
// Ctrl-C in a terminal reaches every process: the local cloud ends this one when its work is done.
process.on('SIGINT', () => {});
process.on('uncaughtException', (error) => die(described(error)));
process.on('unhandledRejection', (reason) =>
  die({
    errorType: 'Runtime.UnhandledPromiseRejection',
    errorMessage: String(reason),
    trace: described(reason).trace,
  }),
);

async function run({ id, payload, offset: ahead, timeoutMs, arn, traceId }) {
  requestId = id;
  offset = ahead;
  process.env._X_AMZN_TRACE_ID = traceId;
  const isFirst = handler === undefined;
  try {
    handler ??= await load();
    await report({ id });
    const answer = (await handler(JSON.parse(payload), contextOf(id, arn, timeoutMs))) ?? null;
    await tell({ ok: true, payload: serialised(answer) }, false);
  } catch (error) {
    await fail(described(error));
  }
  if (isFirst) flushCompileCache();
}

/** A failed initialisation leaves no process behind that could be used again. */
async function fail(error) {
  if (handler === undefined) return die(error);
  console.error('Invoke Error', JSON.stringify(error));
  await tell({ ok: false, error }, false);
}

async function die(error) {
  console.error('Uncaught Exception', JSON.stringify(error));
  await tell({ ok: false, error }, true);
  process.exit(129);
}

function serialised(answer) {
  const text = JSON.stringify(answer);
  if (text === undefined) return 'null';
  const size = Buffer.byteLength(text);
  if (size <= largestAnswer) return text;
  const message = `Response payload size (${size} bytes) exceeded maximum allowed payload size (${largestAnswer} bytes).`;
  throw named('Function.ResponseSizeTooLarge', message);
}

function contextOf(id, arn, timeoutMs) {
  const deadline = performance.now() + timeoutMs;
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    invokedFunctionArn: arn,
    awsRequestId: id,
    getRemainingTimeInMillis: () => Math.max(0, Math.round(deadline - performance.now())),
  };
}

async function load() {
  const [, file, path] = name.match(/^(.*?)\.([^/]*)$/) ?? [];
  const found = ['', '.js', '.mjs', '.cjs']
    .map((end) => `${root}/${file}${end}`)
    .find((candidate) => existsSync(candidate));
  if (found === undefined) throw named('Runtime.ImportModuleError', `Error: Cannot find module '${file}'`);
  const module = await imported(found);
  const pick = (from) => path.split('.').reduce((value, key) => value?.[key], from);
  const loaded = pick(module) ?? pick(module.default);
  if (typeof loaded !== 'function') throw named('Runtime.HandlerNotFound', `${name} is undefined or not exported`);
  if (loaded.length < 3) return loaded;
  throw named(
    'Runtime.CallbackHandlerDeprecated',
    'AWS Lambda has removed support for callback-based function handlers',
  );
}

async function imported(file) {
  try {
    return await import(pathToFileURL(file).href);
  } catch (error) {
    if (error instanceof SyntaxError) throw named('Runtime.UserCodeSyntaxError', String(error));
    if (error?.code === 'ERR_MODULE_NOT_FOUND') throw named('Runtime.ImportModuleError', String(error));
    throw error;
  }
}

function named(errorType, message) {
  return Object.assign(new Error(message), { name: errorType });
}

function described(error) {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? '').split('\n') };
}

/** Every way to ask JavaScript for the time answers virtual time; a Date made elsewhere stays an instance of Date. */
function shiftTime() {
  const RealDate = Date;
  const realNow = Date.now;
  RealDate.now = () => realNow() + offset;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [target.now()] : args, newTarget),
    apply: (target) => new target(target.now()).toString(),
  });
  RealDate.prototype.constructor = globalThis.Date;
}

/** CloudWatch's text format: one event per line, so line breaks within a message become carriage returns. */
function prefixLogs() {
  const levels = { log: 'INFO', info: 'INFO', warn: 'WARN', error: 'ERROR', debug: 'DEBUG', trace: 'TRACE' };
  for (const [method, level] of Object.entries(levels)) {
    console[method] = (...values) => {
      const message = format(...values).replaceAll('\n', '\r');
      process.stdout.write(`${new Date().toISOString()}\t${requestId}\t${level}\t${message}\n`);
    };
  }
}
