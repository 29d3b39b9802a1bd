import { queryService } from './protocol.ts';
import type { Call } from './service.ts';
import { place } from './template-resources.ts';

/** STS tells whoever asks who they are; that needs no permission. */
export const sts = queryService('sts', 'https://sts.amazonaws.com/doc/2011-06-15/', {
  GetCallerIdentity: {
    knows: [],
    prepare: (_, { caller: { accessKeyId, role } }: Call) => ({
      permissions: [],
      run: async () => ({
        UserId: accessKeyId,
        Account: place.account,
        Arn: role ?? `arn:aws:iam::${place.account}:root`,
      }),
    }),
  },
});
