import * as z from 'zod';
import type { Json } from './flow.ts';

const text = z.string();
/** The definition came as JSON text: any value is JSON, and stays as it is. */
const json = z.custom<Json>();
const expression = text.regex(/^\{%[\s\S]*%\}$/, 'must be an expression {% ... %}');
const orExpression = <Schema extends z.ZodType>(schema: Schema) =>
  z.union([schema, expression], 'must be a value in range, or an expression {% ... %}');

const language = z.enum(['JSONata', 'JSONPath']).optional();
const variableName = text.regex(
  /^(?!states$)[\p{ID_Start}_][\p{ID_Continue}]{0,79}$/u,
  'is no name for a variable (path fields are not modelled)',
);
/** Names are checked when the values are: a path field (`name.$`) is no name either. */
const assign = z.record(variableName, json).optional();
const written = { Assign: assign, Output: json.optional() };
const errorEquals = z.array(text).min(1);

const retry = z
  .array(
    z.strictObject({
      Comment: text.optional(),
      ErrorEquals: errorEquals,
      IntervalSeconds: z.int().min(1).optional(),
      MaxAttempts: z.int().min(0).max(99_999_999).optional(),
      BackoffRate: z.number().min(1).optional(),
      MaxDelaySeconds: z.int().min(1).max(31_622_400).optional(),
      JitterStrategy: z.enum(['FULL', 'NONE']).optional(),
    }),
  )
  .optional();
const catchers = z
  .array(z.strictObject({ Comment: text.optional(), ErrorEquals: errorEquals, Next: text, ...written }))
  .optional();
const handled = { Retry: retry, Catch: catchers };

const described = { Comment: text.optional(), QueryLanguage: language };
const moving = { Next: text.optional(), End: z.boolean().optional() };

/** States of one scope. */
export const programSchema = z.strictObject({
  Comment: text.optional(),
  StartAt: text,
  States: z.record(text.min(1).max(80), z.unknown()),
  ProcessorConfig: z.strictObject({ Mode: z.literal('INLINE').optional() }).optional(),
});

/** A whole definition. */
export const machineSchema = programSchema.omit({ ProcessorConfig: true }).extend({
  Version: z.literal('1.0').optional(),
  QueryLanguage: language,
  TimeoutSeconds: z.int().min(1).max(99_999_999).optional(),
});

const seconds = z.int().min(1).max(99_999_999);
const waitFields = { Seconds: orExpression(z.int().min(0).max(99_999_999)).optional(), Timestamp: text.optional() };
const oneWait = (wait: { Seconds?: unknown; Timestamp?: unknown }) =>
  (wait.Seconds === undefined) !== (wait.Timestamp === undefined);
const oneWaitMessage = 'needs either Seconds or Timestamp';

/** What a state may hold when its query language is JSONata. Anything else is refused by name. */
export const jsonataSchemas = {
  Task: z.strictObject({
    Type: z.literal('Task'),
    ...described,
    ...moving,
    ...written,
    ...handled,
    Resource: text,
    Arguments: json.optional(),
    TimeoutSeconds: orExpression(seconds).optional(),
    HeartbeatSeconds: orExpression(seconds).optional(),
  }),
  Pass: z.strictObject({ Type: z.literal('Pass'), ...described, ...moving, ...written }),
  Choice: z.strictObject({
    Type: z.literal('Choice'),
    ...described,
    ...written,
    Choices: z
      .array(z.strictObject({ Comment: text.optional(), Condition: orExpression(z.boolean()), Next: text, ...written }))
      .min(1),
    Default: text.optional(),
  }),
  Wait: z
    .strictObject({ Type: z.literal('Wait'), ...described, ...moving, ...written, ...waitFields })
    .refine(oneWait, oneWaitMessage),
  Parallel: z.strictObject({
    Type: z.literal('Parallel'),
    ...described,
    ...moving,
    ...written,
    ...handled,
    Arguments: json.optional(),
    Branches: z.array(programSchema.omit({ ProcessorConfig: true })).min(1),
  }),
  Map: z.strictObject({
    Type: z.literal('Map'),
    ...described,
    ...moving,
    ...written,
    ...handled,
    Items: orExpression(z.array(json)).optional(),
    ItemSelector: json.optional(),
    ItemProcessor: programSchema,
    MaxConcurrency: orExpression(z.int().min(0)).optional(),
    ToleratedFailureCount: orExpression(z.int().min(0)).optional(),
    ToleratedFailurePercentage: orExpression(z.number().min(0).max(100)).optional(),
  }),
  Succeed: z.strictObject({ Type: z.literal('Succeed'), ...described, Output: json.optional() }),
  Fail: z.strictObject({
    Type: z.literal('Fail'),
    ...described,
    Error: text.optional(),
    Cause: text.optional(),
  }),
} as const;

/** JSONPath states without a path: they mean the same in both languages. */
export const jsonPathSchemas = {
  Pass: z.strictObject({ Type: z.literal('Pass'), ...described, ...moving, Assign: assign, Result: json.optional() }),
  Wait: z
    .strictObject({ Type: z.literal('Wait'), ...described, ...moving, Assign: assign, ...waitFields })
    .refine(oneWait, oneWaitMessage),
  Succeed: z.strictObject({ Type: z.literal('Succeed'), ...described }),
  Fail: z.strictObject({ Type: z.literal('Fail'), ...described, Error: text.optional(), Cause: text.optional() }),
} as const;

/** The fields of a state, by its type. */
export type JsonataFields = z.infer<(typeof jsonataSchemas)[keyof typeof jsonataSchemas]>;
export type JsonPathFields = z.infer<(typeof jsonPathSchemas)[keyof typeof jsonPathSchemas]>;
