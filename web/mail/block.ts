/** What a mail is made of. Every block is written as HTML and as text, so that both say the same. */
export type Block =
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'paragraph'; readonly text: string; readonly strong?: boolean }
  | { readonly kind: 'button'; readonly text: string; readonly to: string; readonly hint: string }
  | { readonly kind: 'facts'; readonly rows: readonly (readonly [name: string, value: string])[] }
  | { readonly kind: 'list'; readonly items: readonly string[]; readonly ordered?: boolean }
  | { readonly kind: 'code'; readonly label: string; readonly code: string }
  | { readonly kind: 'note'; readonly title: string; readonly text: string; readonly warning?: boolean }
  | { readonly kind: 'link'; readonly text: string; readonly to: string };

/** A mail before it is written: `title` is its heading, `preview` is what mail programs show beside the subject. */
export interface Draft {
  readonly subject: string;
  readonly title: string;
  readonly preview: string;
  readonly blocks: readonly Block[];
  readonly foot: readonly string[];
}

/** Leaves out what is absent: blocks are written as a list of what a mail may hold. */
export const blocks = (...all: readonly (Block | readonly Block[] | false | undefined)[]): Block[] =>
  all.flatMap((each) => each || []);

export const heading = (text: string): Block => ({ kind: 'heading', text });
export const paragraph = (text: string): Block => ({ kind: 'paragraph', text });
/** A paragraph that carries the mail's main message. */
export const lead = (text: string): Block => ({ kind: 'paragraph', text, strong: true });
export const list = (...items: readonly string[]): Block => ({ kind: 'list', items });
export const steps = (...items: readonly string[]): Block => ({ kind: 'list', items, ordered: true });
export const note = (title: string, text: string): Block => ({ kind: 'note', title, text });
export const warning = (title: string, text: string): Block => ({ kind: 'note', title, text, warning: true });
