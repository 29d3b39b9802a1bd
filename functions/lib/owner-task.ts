import { type Owner, ownerOf } from '../../domain/change.ts';
import type { DataMap, System } from '../../domain/data-map.ts';
import { awaitsOwner, inForce, isOpen } from '../../domain/gathering.ts';
import type { Case } from '../../domain/request.ts';
import type { Cases } from '../aws/cases.ts';
import type { EvidenceFiles } from '../aws/evidence.ts';
import type { Tokens } from '../aws/tokens.ts';
import type { Uploads } from '../aws/uploads.ts';
import type { Look } from './look.ts';
import { Refusal, type Visit } from './page.ts';
import { mapNow } from './request-map.ts';
import { opened } from './session.ts';

export interface OwnerDeps {
  readonly cases: Cases;
  readonly tokens: Tokens;
  readonly uploads: Uploads;
  readonly map: DataMap;
  readonly files: EvidenceFiles;
  readonly look: Look;
  readonly baseUrl: string;
  readonly now: () => Date;
}

/** One owner's task: the system, and the place for what they give. */
export interface Task {
  readonly held: Case;
  readonly name: string;
  readonly system: System;
  /** Where uploads wait until the answer is sent. */
  readonly prefix: string;
  /** Where what they have typed waits while they see to their files. */
  readonly draft: string;
  /** Whose link it is. */
  readonly by: Owner;
  /** Its page, and the one of its files. */
  readonly page: string;
  readonly filesPage: string;
}

const taskOf = (held: Case, name: string, by: Owner, map: DataMap): Task => {
  const system = map.systems[name];
  if (!system) throw new Refusal(404);
  const asked = inForce(held).find((source) => source.system === name && isOpen(source));
  const waiting = `${held.request.evidence}/r${asked?.round ?? held.request.round}/uploads`;
  const page = `/task/${held.request.reference}/${name}`;
  return {
    held,
    name,
    system,
    prefix: `${waiting}/${name}/`,
    draft: `${waiting}/.drafts/${name}.${ownerOf(by).place ?? 0}.json`,
    by,
    page,
    filesPage: `${page}/files`,
  };
};

/** The task that the browser was let in to. */
export const taskIn = async (visit: Visit, deps: OwnerDeps): Promise<Task> => {
  const token = await opened(visit, deps.tokens, 'owner', deps.now());
  const name = visit.parameters.system ?? '';
  if (token.about !== name) throw new Refusal(404);
  const held = await deps.cases.read(token.requestId);
  return taskOf(held, name, token.recipient as Owner, await mapNow(held.request, deps.map, deps.files));
};

export const isOpenTask = ({ held, name }: Task): boolean => awaitsOwner(held, name);
