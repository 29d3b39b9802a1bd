import type { Config, Language } from '../../domain/config.ts';
import type { Row } from '../../domain/connector.ts';
import type { System } from '../../domain/data-map.ts';
import type { LeftOut } from '../../domain/left-out.ts';
import type { Right, SourceRecord } from '../../domain/request.ts';

/** What the answer's own pages tell. Everything is here; they load nothing. */
export interface AnswerFacts {
  readonly language: Language;
  readonly organisation: Config['organisation'];
  readonly dpo: Config['dpo'];
  readonly timeZone: string;
  readonly reference: string;
  readonly person: { readonly name: string; readonly email: string };
  readonly rights: readonly Right[];
  /** ISO instants. */
  readonly receivedAt: string;
  readonly gatheredAt: string;
  /** This only adds what was missing in the answer that was sent then. */
  readonly addedTo?: { readonly sentAt: string };
  readonly authority: { readonly name: string; readonly url: string };
  readonly systems: readonly AnswerSystem[];
  readonly leftOut: readonly LeftOut[];
  /** Reasons of the organisation's own. */
  readonly grounds?: NonNullable<Config['grounds']>;
}

/** The rights asked for that are still to be answered: not refused before. */
export const stillAsked = ({ rights, leftOut }: AnswerFacts): Right[] =>
  rights.filter((right) => !leftOut.some((left) => left.kind === 'right' && left.right === right));

/** One system as the answer shows it; `state` as on the DPO's page, so that what is missing or empty is said. */
export interface AnswerSystem {
  readonly name: string;
  readonly system: System;
  /** Path of its page in the ZIP. */
  readonly page: string;
  readonly state: SourceRecord['state'];
  readonly reason?: string;
  /** Rows that resemble the person and are not in the answer. */
  readonly possibleMatches: number;
  /** How much of it is in the answer; what an owner gave counts as documents. */
  readonly found: { readonly rows: number; readonly documents: number };
  readonly collections: readonly AnswerCollection[];
  /** Files that belong to no described collection: what an owner uploaded. */
  readonly files: readonly AnswerDocument[];
}

/** `name`: what it is called where it came from. */
export interface AnswerDocument {
  readonly path: string;
  readonly bytes: number;
  readonly name?: string | undefined;
}

export interface AnswerCollection {
  readonly name: string;
  readonly rows: number;
  /** The first rows, for the page; all are in the files. */
  readonly sample: readonly Row[];
  /** Paths in the ZIP, relative to its root. */
  readonly json?: string;
  readonly csv?: string;
  readonly documents: readonly AnswerDocument[];
}
