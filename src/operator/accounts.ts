import {
  type ProjectDraft,
  type ProjectLimitsDraft,
  ProjectListSchema,
  type ProjectView,
  ProjectViewSchema,
} from '../contract/operator/projects.ts';
import {
  type NewTokenView,
  NewTokenViewSchema,
  type TokenDraft,
  TokenListSchema,
  type TokenView,
} from '../contract/operator/tokens.ts';
import { type AuditEntry, type AuditPage, AuditPageSchema } from '../contract/operator/audit.ts';
import { type OperatorRoute, OPERATOR_ROUTES as routes } from '../contract/operator/routes.ts';
import { type Read, readJson } from '../contract/read.ts';

/** The part of an operator's client that is about projects and their tokens. */
export interface AccountsClient {
  /** Oldest first. */
  projects(): Promise<readonly ProjectView[]>;
  project(name: string): Promise<ProjectView>;
  /** @throws WorkerError `studio.refused` when the name is taken */
  addProject(draft: ProjectDraft): Promise<ProjectView>;
  changeProject(name: string, limits: ProjectLimitsDraft): Promise<ProjectView>;
  /** @throws WorkerError `studio.refused` while it has open jobs, unless `force` cancels them */
  removeProject(name: string, force: boolean): Promise<void>;
  /** Oldest first. */
  tokens(): Promise<readonly TokenView[]>;
  /** The token is in the answer, this once. */
  createToken(draft: TokenDraft): Promise<NewTokenView>;
  revokeToken(id: string): Promise<void>;
  /** The newest entries of the audit log, or those behind `after`; oldest first. */
  audit(query: AuditChoice): Promise<readonly AuditEntry[]>;
}

export interface AuditChoice {
  /** RFC 3339. */
  readonly since?: string | undefined;
  /** The `seq` of the last one seen. */
  readonly after?: number;
  readonly limit: number;
}

/** What a request is about: the id in its path, its query, and its body. */
export interface About {
  readonly id?: string;
  readonly query?: URLSearchParams | undefined;
  readonly body?: unknown;
}

/** How the client asks: the text of a good answer, and what is in it. */
export interface Asking {
  readonly call: (route: OperatorRoute, about?: About) => Promise<string>;
  readonly trusted: <T>(answer: Read<T>) => T;
}

export const accountsClient = ({ call, trusted }: Asking): AccountsClient => ({
  projects: async () => trusted(readJson(ProjectListSchema, await call(routes.projects))).projects,
  project: async (name) => trusted(readJson(ProjectViewSchema, await call(routes.project, { id: name }))),
  addProject: async (draft) => trusted(readJson(ProjectViewSchema, await call(routes.addProject, { body: draft }))),
  changeProject: async (name, limits) =>
    trusted(readJson(ProjectViewSchema, await call(routes.changeProject, { id: name, body: limits }))),
  removeProject: async (name, force) =>
    void (await call(routes.removeProject, {
      id: name,
      query: force ? new URLSearchParams({ force: 'yes' }) : undefined,
    })),
  tokens: async () => trusted(readJson(TokenListSchema, await call(routes.tokens))).tokens,
  createToken: async (draft) => trusted(readJson(NewTokenViewSchema, await call(routes.createToken, { body: draft }))),
  revokeToken: async (id) => void (await call(routes.revokeToken, { id })),
  audit: (query) => auditOf(query, { call, trusted }),
});

/** The most that the studio gives in one page. */
const PAGE = 1_000;

async function auditOf(
  { since, after, limit }: AuditChoice,
  { call, trusted }: Asking,
): Promise<readonly AuditEntry[]> {
  const found: AuditEntry[] = [];
  for (
    let from: Readonly<Record<string, string>> | undefined = after === undefined ? {} : { after: String(after) };
    from;
  ) {
    const size = Math.min(PAGE, limit - found.length);
    const query = new URLSearchParams({ limit: String(size), ...(since !== undefined && { since }), ...from });
    const page = trusted(readJson(AuditPageSchema, await call(routes.audit, { query })));
    found.push(...page.entries);
    from = nextOf(page, { isAfter: after !== undefined, isFull: page.entries.length === size });
    if (found.length >= limit) break;
  }
  return after === undefined ? found.toReversed() : found;
}

/** Where the next page begins; undefined behind the last one. */
function nextOf(
  { entries, nextCursor }: AuditPage,
  { isAfter, isFull }: { readonly isAfter: boolean; readonly isFull: boolean },
): Readonly<Record<string, string>> | undefined {
  if (isAfter) return isFull ? { after: String(entries.at(-1)?.seq) } : undefined;
  return nextCursor === undefined || entries.length === 0 ? undefined : { cursor: nextCursor };
}
