import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import type { Step } from '../../domain/request.ts';

// Input and output are under our key, which who only asks for the state does not need.
const includedData = 'METADATA_ONLY';

/** Starts segments of the state machine. The name says which, so that starting one twice is starting it once. */
export const workflowOf = (stateMachineArn: string, sfn: SFNClient = new SFNClient()) => ({
  async start(requestId: string, { n, step, from }: { n: number; step: Step; from: string }): Promise<void> {
    const input = JSON.stringify({ requestId, segment: n, step, from });
    try {
      await sfn.send(new StartExecutionCommand({ stateMachineArn, name: `${requestId}-segment-${n}`, input }));
    } catch (error) {
      // It ran already: the signal came twice.
      if (!(error instanceof ExecutionAlreadyExists)) throw error;
    }
  },

  /** Whether a segment's execution runs; false for one that ended or never started. */
  async isRunning(requestId: string, n: number): Promise<boolean> {
    const executionArn = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${requestId}-segment-${n}`;
    try {
      return (await sfn.send(new DescribeExecutionCommand({ executionArn, includedData }))).status === 'RUNNING';
    } catch (error) {
      if (error instanceof ExecutionDoesNotExist) return false;
      throw error;
    }
  },
});
export type Workflow = ReturnType<typeof workflowOf>;
