import * as v from 'valibot';
import { absentable } from '../numbers.ts';
import { ProjectNameSchema } from './projects.ts';
import { Timestamp } from './timestamp.ts';

/*
 * Tokens of projects: a part of the operator API, see `views.ts`.
 */

/**
 * What a token of a project may do with that project's jobs: create them; read them, their artifacts and their events;
 * cancel, retry and reorder them. With `metrics` it reads the figures of the whole studio, and nothing else.
 */
export const SCOPES = ['create', 'read', 'operate', 'metrics'] as const;
export type Scope = (typeof SCOPES)[number];

/** More than three hundred years. */
export const MAX_TOKEN_SECONDS = 10_000_000_000;

/** No other name is accepted: a token whose end is misspelt would have none. */
export const TokenDraftSchema = v.strictObject({
  project: ProjectNameSchema,
  scopes: v.pipe(v.array(v.picklist(SCOPES)), v.minLength(1), v.maxLength(SCOPES.length)),
  /** For people: what it is for. */
  name: absentable(v.pipe(v.string(), v.minLength(1), v.maxLength(200))),
  /** It expires after this long; never when left out. */
  expiresInSeconds: absentable(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_TOKEN_SECONDS))),
});
export type TokenDraft = v.InferInput<typeof TokenDraftSchema>;

export const TokenViewSchema = v.object({
  /** What the token begins with. */
  id: v.string(),
  name: absentable(v.string()),
  project: v.string(),
  scopes: v.array(v.string()),
  createdAt: Timestamp,
  expiresAt: absentable(Timestamp),
});
export const TokenListSchema = v.object({ tokens: v.array(TokenViewSchema) });
export type TokenView = v.InferOutput<typeof TokenViewSchema>;

/** The token itself is shown this once. */
export const NewTokenViewSchema = v.object({ ...TokenViewSchema.entries, token: v.pipe(v.string(), v.minLength(1)) });
export type NewTokenView = v.InferOutput<typeof NewTokenViewSchema>;
