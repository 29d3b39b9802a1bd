import type * as z from 'zod/mini';
import type { Collection } from '../domain/data-map.ts';
import { hubspot } from './presets/hubspot.ts';
import { mailchimp } from './presets/mailchimp.ts';
import { salesforce } from './presets/salesforce.ts';
import { stripe } from './presets/stripe.ts';
import { superoffice } from './presets/superoffice.ts';
import { zendesk } from './presets/zendesk.ts';
import type { RestCollection, RestOptions } from './rest-options.ts';

export type PresetCollection = z.input<typeof RestCollection>;

/** What a well-known API needs said: the system's options, and its collections by our name of them. */
export interface Preset {
  readonly options: z.input<typeof RestOptions>;
  readonly collections: Readonly<Record<string, PresetCollection>>;
}

export const presets: Readonly<Record<NonNullable<RestOptions['preset']>, Preset>> = {
  superoffice,
  hubspot,
  zendesk,
  stripe,
  mailchimp,
  salesforce,
};

export type Options = Readonly<Record<string, unknown>>;

const presetOf = ({ preset }: Options): Preset | undefined =>
  Object.hasOwn(presets, String(preset)) ? presets[preset as keyof typeof presets] : undefined;

/** A system's options, with its preset's for what they don't say. */
export const withPreset = (options: Options): Options => ({ ...presetOf(options)?.options, ...options });

/** A collection's options, with those of the preset's collection that its `at` (or its name) names; fields are added to. */
export const collectionWithPreset = (
  options: Options,
  name: string,
  { at = name, options: own }: Collection,
): Options => {
  const { collections = {} } = presetOf(options) ?? {};
  const preset = Object.hasOwn(collections, at) ? collections[at] : undefined;
  if (!preset) return own;
  return { ...preset, ...own, fields: { ...preset.fields, ...(own.fields as object | undefined) } };
};
