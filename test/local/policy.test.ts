import { describe, expect, test } from 'vitest';
import { accessDenied, compile } from '../../local/policy.ts';

const table = 'arn:aws:dynamodb:eu-west-1:123456789012:table/Requests';
const allow = (statement: object) => ({ Effect: 'Allow', Action: '*', Resource: '*', ...statement });
const decide = (...statements: object[]) => compile([{ Version: '2012-10-17', Statement: statements }]);
const withCondition = (Condition: object, context: Record<string, string | readonly string[]>) =>
  decide(allow({ Condition }))({ action: 's3:ListBucket', resource: '*', context }) === 'allow';

describe('a policy', () => {
  test.each([
    ['dynamodb:PutItem', table, 'dynamodb:putitem', table, 'allow'],
    ['dynamodb:Put*', table, 'dynamodb:PutItem', table, 'allow'],
    ['dynamodb:PutItem', table, 'dynamodb:GetItem', table, 'implicit'],
    ['dynamodb:PutItem', table, 'dynamodb:PutItem', `${table}/index/Due`, 'implicit'],
    ['dynamodb:*', `${table}/index/*`, 'dynamodb:Query', `${table}/index/Due`, 'allow'],
    ['s3:GetObject', 'arn:aws:s3:::b/a?c/*', 's3:GetObject', 'arn:aws:s3:::b/abc/d/e', 'allow'],
    ['s3:GetObject', 'arn:aws:s3:::b/a.c', 's3:GetObject', 'arn:aws:s3:::b/abc', 'implicit'],
  ])('that allows %s on %s, asked for %s on %s, answers %4$s', (Action, Resource, action, resource, answer) => {
    expect(decide({ Effect: 'Allow', Action, Resource })({ action, resource })).toBe(answer);
  });

  test('denies when one statement denies, whatever others allow', () => {
    const decided = decide(allow({}), { Effect: 'Deny', Action: 's3:Put*', Resource: '*' });
    expect(decided({ action: 's3:GetObject', resource: 'arn:aws:s3:::b/k' })).toBe('allow');
    expect(decided({ action: 's3:PutObject', resource: 'arn:aws:s3:::b/k' })).toBe('deny');
  });

  test('of a resource holds for everyone, or for a service of AWS and nobody here', () => {
    const ask = (Principal: object | string) => decide(allow({ Principal }))({ action: 's3:GetObject', resource: '*' });
    const service = { Service: 'logging.s3.amazonaws.com' };
    expect([ask('*'), ask({ AWS: '*' }), ask(service)]).toEqual(['allow', 'allow', 'implicit']);
  });

  test.each([
    [{ StringEquals: { 's3:prefix': ['a', 'b'] } }, { 's3:prefix': 'b' }, true],
    [{ StringEquals: { 's3:prefix': 'a' } }, { 's3:prefix': 'A' }, false],
    [{ StringEquals: { 's3:prefix': 'a' } }, {}, false],
    [{ StringLike: { 's3:prefix': 'owner/*' } }, { 's3:prefix': 'owner/1/' }, true],
    [{ Bool: { 'aws:SecureTransport': 'false' } }, {}, false],
    [{ Bool: { 'AWS:securetransport': false } }, {}, false],
    [{ ArnLike: { 'aws:SourceArn': 'arn:aws:s3:*:*:b*' } }, { 'aws:SourceArn': 'arn:aws:s3:::bucket' }, true],
    [{ ArnLike: { 'aws:SourceArn': 'arn:aws:s3:*' } }, { 'aws:SourceArn': 'arn:aws:s3:::bucket' }, false],
    [{ StringEquals: { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' } }, {}, false],
  ])('with the condition %j and the facts %j holds: %s', (condition, facts, holds) => {
    expect(withCondition(condition, facts as Record<string, string>)).toBe(holds);
  });

  test.each([
    ['a negated operator', { Condition: { StringNotEquals: { 's3:prefix': 'a' } } }, 'StringNotEquals'],
    ['an operator', { Condition: { BinaryEquals: { 's3:prefix': 'a' } } }, 'BinaryEquals'],
    ['a condition key', { Condition: { StringEquals: { 's3:signatureage': '1' } } }, 's3:signatureage'],
    ['a field', { Colour: 'red' }, 'Colour'],
    ['a negated field', { NotResource: '*' }, 'NotResource'],
    ['a variable', { Resource: `arn:aws:s3:::b/${'$'}{aws:username}` }, 'policy variables are not modelled'],
    ['a function that is not resolved', { Resource: { Ref: 'Bucket' } }, 'Resource[0]'],
    ['a role', { Principal: { AWS: 'arn:aws:iam::123456789012:role/Me' } }, 'Principal'],
    ['a federated principal', { Principal: { Federated: 'x' } }, 'Principal'],
  ])('that says %s the local cloud does not know is refused at load, with its place', (_, statement, text) => {
    expect(() => decide(allow({}), allow(statement))).toThrow('policy 1, statement 2 is not modelled');
    expect(() => decide(allow({}), allow(statement))).toThrow(text);
  });
});

test('what is missing is told as AWS tells it', () => {
  const role = 'arn:aws:iam::123456789012:role/Stack-Intake';
  const permission = { action: 'dynamodb:PutItem', resource: table };
  expect(accessDenied(role, permission, 'implicit')).toMatchObject({
    code: 'AccessDeniedException',
    message:
      'User: arn:aws:sts::123456789012:assumed-role/Stack-Intake/local is not authorized to perform: dynamodb:PutItem ' +
      `on resource: ${table} because no identity-based policy allows the dynamodb:PutItem action`,
  });
  expect(accessDenied(role, { action: 's3:GetObject', resource: 'r' }, 'deny')).toMatchObject({
    code: 'AccessDenied',
    status: 403,
    message: expect.stringContaining('with an explicit deny in an identity-based policy'),
  });
});
