import type { ReadonlySignal } from '@preact/signals';
import type { AuditEntry } from '../../../contract/operator/audit.ts';
import type { ProjectDraft, ProjectLimitsDraft, ProjectView } from '../../../contract/operator/projects.ts';
import type { NewTokenView, TokenDraft, TokenView } from '../../../contract/operator/tokens.ts';
import type {
  CreatedWebhook,
  DeliveryView,
  WebhookDraft,
  WebhookTest,
  WebhookView,
} from '../../../contract/operator/webhooks.ts';
import type { FormOutcome, Listed } from '../outcome.ts';

/** The parts of the Projects page, in its order; the first one where the address names none. */
export const SECTIONS = ['projects', 'tokens', 'webhooks', 'audit'] as const;
export type Section = (typeof SECTIONS)[number];

export const sectionOf = (at: string | undefined): Section => SECTIONS.find((known) => known === at) ?? 'projects';

/** What the sections show. No event tells of most of it, so it is read when a section is opened and after each change. */
export interface ProjectFacts {
  readonly projects: ReadonlySignal<Listed<ProjectView>>;
  readonly tokens: ReadonlySignal<Listed<TokenView>>;
  readonly webhooks: ReadonlySignal<Listed<WebhookView>>;
  /** Newest first. */
  readonly deliveries: ReadonlySignal<Listed<DeliveryView>>;
  /** Newest first. */
  readonly audit: ReadonlySignal<Listed<AuditEntry>>;
  /** Where the audit log goes on that was not read yet; undefined where it does not. */
  readonly olderAudit: ReadonlySignal<string | undefined>;
}

/** What a window does to projects, tokens and webhooks. Secrets are in the answers alone: whoever asked shows them once. */
export interface ProjectActions {
  readonly readSection: (section: Section) => Promise<void>;
  readonly readOlderAudit: () => Promise<void>;
  readonly addProject: (draft: ProjectDraft) => Promise<FormOutcome<ProjectView>>;
  readonly changeProject: (name: string, limits: ProjectLimitsDraft) => Promise<FormOutcome<ProjectView>>;
  /** `force`: cancels what it has queued and running. */
  readonly removeProject: (name: string, force: boolean) => Promise<FormOutcome<string>>;
  readonly createToken: (draft: TokenDraft) => Promise<FormOutcome<NewTokenView>>;
  /** Whether it was done. */
  readonly revokeToken: (token: TokenView) => Promise<boolean>;
  readonly addWebhook: (draft: WebhookDraft) => Promise<FormOutcome<CreatedWebhook>>;
  readonly removeWebhook: (webhook: WebhookView) => Promise<boolean>;
  /** One that was disabled. */
  readonly enableWebhook: (id: string) => Promise<void>;
  readonly testWebhook: (id: string) => Promise<FormOutcome<WebhookTest>>;
  readonly retryDelivery: (id: string) => Promise<void>;
}
