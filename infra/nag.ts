import { type CfnElement, Stack, Validations } from 'aws-cdk-lib';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';

/** A finding of cdk-nag that stays, where, and what holds in its place. */
export interface Acknowledgement {
  readonly path: string;
  readonly id: string;
  readonly reason: string;
}

const acknowledged: Acknowledgement[] = [];

/** Acknowledges one finding on one construct with the control that replaces the rule. */
export const acknowledge = (construct: IConstruct, id: string, reason: string): void => {
  Validations.of(construct).acknowledge({ id: `AwsSolutions::AwsSolutions-${id}`, reason });
  acknowledged.push({ path: construct.node.path, id, reason });
};

/** Every acknowledgement made so far, for the list that a test compares: a new one needs somebody's eyes. */
export const acknowledgements = (): readonly Acknowledgement[] => acknowledged;

/** How cdk-nag writes a bucket's objects under a prefix. */
export const objectsId = (bucket: IBucket, prefix: string): string => {
  const child = bucket.node.defaultChild as CfnElement | undefined;
  const name = child
    ? `<${Stack.of(bucket).getLogicalId(child)}.Arn>`
    : `arn:<AWS::Partition>:s3:::${bucket.bucketName}`;
  return `IAM5[Resource::${name}/${prefix}*]`;
};
