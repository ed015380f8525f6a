import * as v from 'valibot';
import { absentable } from '../numbers.ts';
import { Timestamp } from './timestamp.ts';

/*
 * Projects of our own studio, and their limits: a part of the operator API, see `views.ts`.
 */

/** A name is a part of URLs, tables and command lines: nothing in it means anything to any of them. */
const PROJECT_NAME = /^[a-z\d](?:[a-z\d._-]{0,62}[a-z\d])?$/;
export const PROJECT_NAME_RULE =
  'a project name has 1 to 64 lower-case letters, digits, dots, dashes and underscores, and begins and ends with one of the first two';
export const isProjectName = (name: string): boolean => PROJECT_NAME.test(name);
export const ProjectNameSchema = v.pipe(v.string(), v.check(isProjectName, PROJECT_NAME_RULE));

/** The project of jobs that name none, and of those from before there were projects. It cannot be removed. */
export const DEFAULT_PROJECT = 'default';

const Count = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));

/** Names of limits, as they stand in JSON. */
export const LIMIT_NAMES = ['maxQueued', 'maxRunning', 'maxPerDay', 'maxArtifactBytes'] as const;
export type LimitName = (typeof LIMIT_NAMES)[number];

/** What a project may have. A limit that is left out stays as it is, or is none; `none` lifts one. */
const LimitChange = absentable(v.union([Count, v.literal('none')]));
const LIMIT_CHANGES = {
  maxQueued: LimitChange,
  maxRunning: LimitChange,
  maxPerDay: LimitChange,
  maxArtifactBytes: LimitChange,
} satisfies Record<LimitName, unknown>;
/** No other name is accepted: a limit that is misspelt would be none at all. */
export const ProjectLimitsSchema = v.pipe(
  v.strictObject(LIMIT_CHANGES),
  v.check((change) => Object.values(change).some((value) => value !== undefined), 'nothing is to be changed'),
);
export type ProjectLimitsDraft = v.InferInput<typeof ProjectLimitsSchema>;

export const ProjectDraftSchema = v.strictObject({ name: ProjectNameSchema, ...LIMIT_CHANGES });
export type ProjectDraft = v.InferInput<typeof ProjectDraftSchema>;

/** How a project is to be removed. */
export const ProjectRemovalSchema = v.object({ force: absentable(v.picklist(['yes'])) });

const Limit = absentable(Count);
export const ProjectViewSchema = v.object({
  name: v.string(),
  createdAt: Timestamp,
  /** Those that it has. */
  limits: v.object({ maxQueued: Limit, maxRunning: Limit, maxPerDay: Limit, maxArtifactBytes: Limit }),
  /** What counts against them. Offered jobs count as running, days are those of UTC. */
  usage: v.object({ queued: Count, running: Count, today: Count, artifactBytes: Count }),
});
export const ProjectListSchema = v.object({ projects: v.array(ProjectViewSchema) });
export type ProjectView = v.InferOutput<typeof ProjectViewSchema>;
