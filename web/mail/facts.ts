import type { Threshold } from '../../domain/alarms.ts';
import type { Config, Language } from '../../domain/config.ts';
import type { Authority, Extension, Right, SourceRecord, Status, Undelivered } from '../../domain/request.ts';

/** What one system answered, in numbers: a mail never holds what was found. */
export interface SystemCounts {
  readonly title: string;
  readonly state: SourceRecord['state'];
  readonly rows: number;
  readonly documents: number;
  readonly possibleMatches: number;
  readonly reason?: string;
}

/** What a mail may tell. Days are YYYY-MM-DD, instants ISO. */
export interface LetterFacts {
  readonly language: Language;
  readonly organisation: Config['organisation'];
  readonly dpo: Config['dpo'];
  readonly timeZone: string;
  readonly reference: string;
  readonly rights: readonly Right[];
  readonly receivedAt: string;
  /** The date the person is given, or an owner has; `due` is the law's last day, for staff (decisions.md 16). */
  readonly strictDate: string;
  readonly due?: string;
  readonly link?: string;
  readonly code?: string;
  readonly linkExpiresAt?: string;
  readonly systems?: readonly SystemCounts[];
  readonly task?: {
    readonly owner: string;
    readonly system: string;
    readonly instructions?: string;
    /** The reader is the owner's deputy. */
    readonly deputy?: boolean;
    /** The owner has deputies. */
    readonly deputies?: boolean;
    /** The date that the person was given is near, or over. */
    readonly urgent?: boolean;
  };
  readonly outcomes?: readonly {
    readonly right: Right;
    readonly outcome: 'approve' | 'refuse';
    readonly reason?: string;
    /** A part of the answer was sent before: what is refused is the rest. */
    readonly rest?: boolean;
  }[];
  /** A part of the answer went out before: this is about the rest. */
  readonly rest?: boolean;
  /** How many answers went out that lacked something. */
  readonly parts?: number;
  /** How many ZIPs there are to fetch. */
  readonly files?: number;
  /** The file in it that is opened first; without: the start page. */
  readonly opensWith?: string;
  /** It was asked for on behalf of another person: who gets the answer. */
  readonly behalf?: Authority['answerTo'];
  /** The whole answer holds no row and no document. */
  readonly nothingHeld?: boolean;
  /** Choices of what is held back that do not fit what systems answered since. */
  readonly lost?: number | undefined;
  readonly authority: { readonly name: string; readonly url: string };
  /** One person decided, and another's yes is missing. */
  readonly proposed?: boolean;
  /** How much is sent, where something of what was found is held back. */
  readonly sends?: { readonly rows: number; readonly documents: number };
  /** The answer was made anew after other choices of what is held back. */
  readonly anew?: boolean;
  /** Where the case stands, for staff. */
  readonly status?: Status;
  /** Which alarm of the time limit this is. */
  readonly threshold?: Threshold;
  /** The date that the alarm counts down to, where a suspension moved the law's last day past it. */
  readonly unpaused?: string;
  /** The last day on which the time limit may still be extended. */
  readonly extendBy?: string;
  readonly extension?: Pick<Extension, 'ground' | 'reason'> & { readonly rights: readonly Right[] };
  /** The person was asked something and has not answered: whose time limit stands still meanwhile, and whose does not. */
  readonly question?: { readonly waiting: readonly Right[]; readonly running: readonly Right[] };
  /** The mail that did not arrive. */
  readonly undelivered?: Pick<Undelivered, 'template' | 'to' | 'reason'>;
  readonly problem?: { readonly step: string; readonly error: string };
}
