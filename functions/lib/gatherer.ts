import type { Connector, ConnectorFactory } from '../../domain/connector.ts';
import { TransitionRefused } from '../../domain/errors.ts';
import { cases, files, now } from '../aws/from-env.ts';
import { readSecret } from '../aws/secrets.ts';
import { type GatherDeps, gatherSource } from '../tasks/gather-source.ts';
import { env } from './env.ts';
import { readMap } from './settings.ts';
import { onTask } from './task.ts';

/** Binds one kind of connector to the gathering task; the system it asks stands in the environment, and is asked where it is now. */
export const gatherer = (factory: ConnectorFactory) =>
  onTask(gatherSource, (): GatherDeps => {
    const { SYSTEM } = env('SYSTEM');
    const { map } = readMap();
    const system = map.systems[SYSTEM];
    if (!system) throw new Error(`no system ${SYSTEM} in the data map`);
    const connector = async (asked: string): Promise<Connector> => {
      if (asked !== SYSTEM) throw new TransitionRefused('another system than its own');
      const secret = system.connector.secret ? await readSecret(system.connector.secret) : {};
      return factory({ system, secret, allowLoopback: process.env.ALLOW_LOOPBACK === 'true' });
    };
    return { cases: cases(), files: files(), map, connector, now };
  });
