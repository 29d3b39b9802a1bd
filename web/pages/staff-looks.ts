import type { Status } from '../../domain/request.ts';

/** How a status looks on the DPO's page. */
export const statusLooks: Readonly<Partial<Record<Status, 'good' | 'warning'>>> = {
  APPROVED: 'good',
  DELIVERED: 'good',
  CLOSED: 'good',
  REFUSED: 'warning',
};
