import type { ConnectorFactory } from '../domain/connector.ts';
import type { System } from '../domain/data-map.ts';
import { dynamodb } from './dynamodb.ts';
import { postgres } from './postgres.ts';
import { rest } from './rest.ts';
import { s3 } from './s3.ts';

/** Kinds of systems that a program can ask; `manual` is the one that a person looks in, so it has no factory. */
export type AskedType = Exclude<System['connector']['type'], 'manual'>;

/** Every kind of data source, by the name that the data map gives it. */
export const connectors: Readonly<Record<AskedType, ConnectorFactory>> = { postgres, dynamodb, s3, rest };

/** Whether a program can ask systems of this type; the others are a task for their owner. */
export const isAsked = (type: System['connector']['type']): type is AskedType => type !== 'manual';
