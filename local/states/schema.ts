import * as z from 'zod';
import type { Json } from './expression.ts';
import { instantOf } from './wait.ts';

const text = z.string();
/** The definition came as JSON text: any value is JSON, and stays as it is. */
const json = z.custom<Json>().optional();
/** In a state in JSONPath a lookup stands in the place of an expression. */
const lookup = z.custom<string>((value) => typeof value === 'function');
const textOrLookup = z.union([text, lookup], 'must be text');
const expression = z.union([text.regex(/^\{%[\s\S]*%\}$/), lookup], 'must be an expression {% ... %}');
const orExpression = <Schema extends z.ZodType>(schema: Schema) =>
  z.union([schema, expression], 'must be a value in range, or an expression {% ... %}');

const language = z.enum(['JSONata', 'JSONPath']).optional();
const variable = text.regex(/^(?!states$)[\p{ID_Start}_][\p{ID_Continue}]{0,79}$/u, 'is no name for a variable');
const written = { Assign: z.record(variable, z.custom<Json>()).optional(), Output: json };
const described = { Comment: text.optional(), QueryLanguage: language };
const moving = { ...described, Next: text.optional(), End: z.boolean().optional() };
const errorEquals = z.array(text).min(1);
const retrier = z
  .strictObject({
    Comment: text.optional(),
    ErrorEquals: errorEquals,
    IntervalSeconds: z.int().min(1).max(99_999_999).optional(),
    MaxAttempts: z.int().min(0).max(99_999_999).optional(),
    BackoffRate: z.number().min(1).optional(),
    MaxDelaySeconds: z.int().min(1).max(31_622_400).optional(),
    JitterStrategy: z.enum(['FULL', 'NONE']).optional(),
  })
  .refine(({ IntervalSeconds = 1, MaxDelaySeconds = Number.POSITIVE_INFINITY }) => MaxDelaySeconds > IntervalSeconds, {
    error: 'MaxDelaySeconds must be more than IntervalSeconds',
  });
const catcher = z.strictObject({ Comment: text.optional(), ErrorEquals: errorEquals, Next: text, ...written });
const handled = { ...moving, ...written, Retry: z.array(retrier).optional(), Catch: z.array(catcher).optional() };
const seconds = orExpression(z.int().min(1).max(99_999_999)).optional();

const scope = { Comment: text.optional(), StartAt: text, States: z.record(text.min(1).max(80), z.unknown()) };
/** States of one scope. */
export const programSchema = z.strictObject(scope);

/** A whole definition. */
export const machineSchema = z.strictObject({
  ...scope,
  Version: z.literal('1.0').optional(),
  QueryLanguage: language,
  TimeoutSeconds: z.int().min(1).max(99_999_999).optional(),
});

/** What decides how the rest of a state is read. */
export const headSchema = z.looseObject({
  Type: z.enum(['Task', 'Pass', 'Choice', 'Wait', 'Parallel', 'Map', 'Succeed', 'Fail']),
  QueryLanguage: language,
});

/** What a state may hold when its query language is JSONata. Anything else is refused by name. */
export const stateSchema = z.discriminatedUnion('Type', [
  z
    .strictObject({
      Type: z.literal('Task'),
      ...handled,
      Resource: text,
      Arguments: json,
      TimeoutSeconds: seconds,
      HeartbeatSeconds: seconds,
    })
    .refine(
      ({ TimeoutSeconds: all, HeartbeatSeconds: one }) =>
        typeof all !== 'number' || typeof one !== 'number' || one < all,
      { error: 'HeartbeatSeconds must be less than TimeoutSeconds' },
    ),
  z.strictObject({ Type: z.literal('Pass'), ...moving, ...written }),
  z.strictObject({
    Type: z.literal('Choice'),
    ...described,
    ...written,
    Choices: z
      .array(z.strictObject({ Comment: text.optional(), Condition: orExpression(z.boolean()), Next: text, ...written }))
      .min(1),
    Default: text.optional(),
  }),
  z
    .strictObject({
      Type: z.literal('Wait'),
      ...moving,
      ...written,
      Seconds: orExpression(z.int().min(0).max(99_999_999)).optional(),
      Timestamp: orExpression(text.refine((value) => instantOf(value) !== undefined)).optional(),
    })
    .refine(({ Seconds, Timestamp }) => (Seconds === undefined) !== (Timestamp === undefined), {
      error: 'needs either Seconds or Timestamp',
    }),
  z.strictObject({ Type: z.literal('Parallel'), ...handled, Arguments: json, Branches: z.array(programSchema).min(1) }),
  z.strictObject({
    Type: z.literal('Map'),
    ...handled,
    Items: orExpression(z.array(z.custom<Json>())).optional(),
    ItemSelector: json,
    ItemProcessor: z.strictObject({
      ...scope,
      ProcessorConfig: z
        .strictObject({ Mode: z.literal('INLINE', 'the local cloud models only INLINE').optional() })
        .optional(),
    }),
    MaxConcurrency: orExpression(z.int().min(0)).optional(),
    ToleratedFailureCount: orExpression(z.int().min(0)).optional(),
    ToleratedFailurePercentage: orExpression(z.number().min(0).max(100)).optional(),
  }),
  z.strictObject({ Type: z.literal('Succeed'), ...described, Output: json }),
  z.strictObject({
    Type: z.literal('Fail'),
    ...described,
    Error: textOrLookup.optional(),
    Cause: textOrLookup.optional(),
  }),
]);

/** The fields of a state, by its type. */
export type Fields = z.infer<typeof stateSchema>;
/** What a state whose work can fail may hold. */
export type Handled = Partial<Pick<Extract<Fields, { Type: 'Task' }>, 'Retry' | 'Catch'>>;
/** What leads from one state to others, and what is assigned on the way, whatever the type of the state. */
export type Leading = { readonly Type: Fields['Type'] } & Handled &
  Partial<Pick<Extract<Fields, { Type: 'Pass' }>, 'Next' | 'End' | 'Assign'>> &
  Partial<Pick<Extract<Fields, { Type: 'Choice' }>, 'Choices' | 'Default'>>;
