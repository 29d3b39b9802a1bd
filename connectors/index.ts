import type { ConnectorFactory } from '../domain/connector.ts';
import type { System } from '../domain/data-map.ts';

/** Kinds of systems that a program can ask; `manual` is the one that a person looks in, so it has no factory. */
export type AskedType = Exclude<System['connector']['type'], 'manual'>;

/** Every kind of data source, by the name that the data map gives it; loaded when it is asked for, since drivers are heavy. */
export const connectors: Readonly<Record<AskedType, () => Promise<ConnectorFactory>>> = {
  postgres: async () => (await import('./postgres.ts')).postgres,
  mysql: async () => (await import('./mysql.ts')).mysql,
  mssql: async () => (await import('./mssql.ts')).mssql,
  dynamodb: async () => (await import('./dynamodb.ts')).dynamodb,
  s3: async () => (await import('./s3.ts')).s3,
  graphql: async () => (await import('./graphql.ts')).graphql,
  lambda: async () => (await import('./lambda.ts')).lambda,
  rest: async () => (await import('./rest.ts')).rest,
};

/** Whether a program can ask systems of this type; the others are a task for their owner. */
export const isAsked = (type: System['connector']['type']): type is AskedType => type !== 'manual';
