import { ExecutionAlreadyExists, SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { Step } from '../../domain/request.ts';

/** Starts segments of the state machine. The name says which, so that starting one twice is starting it once. */
export const workflowOf = (stateMachineArn: string, sfn: SFNClient = new SFNClient()) => ({
  async start(requestId: string, n: number, step: Step): Promise<void> {
    const input = JSON.stringify({ requestId, segment: n, step });
    try {
      await sfn.send(new StartExecutionCommand({ stateMachineArn, name: `${requestId}-segment-${n}`, input }));
    } catch (error) {
      // It ran already: the signal came twice.
      if (!(error instanceof ExecutionAlreadyExists)) throw error;
    }
  },
});
export type Workflow = ReturnType<typeof workflowOf>;
