import { describe, expect, test } from 'bun:test';
import { readdirSync } from 'node:fs';
import * as v from 'valibot';
import { describeIssues } from '../../../src/contract/read.ts';

const SOURCE = new URL('../../../src/contract/', import.meta.url);

/** Every schema of the contract by its name. */
async function schemas(): Promise<Map<string, v.GenericSchema>> {
  const found = new Map<string, v.GenericSchema>();
  for (const file of readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.ts')) continue;
    const module = (await import(new URL(file.replaceAll('\\', '/'), SOURCE).href)) as Record<string, unknown>;
    for (const [name, exported] of Object.entries(module)) {
      if (name.endsWith('Schema')) found.set(name, exported as v.GenericSchema);
    }
  }
  return found;
}

const LEAST = { capabilities: {}, installId: 'i', userAgent: 'a' };
const MODEL = { id: 'm', kind: 'image', vramGbEstimate: 1, source: { engine: 'synthetic', files: [] } };

/** Something each schema must refuse, and the place its complaint must name. */
const REFUSED: Readonly<Record<string, readonly [value: unknown, place: string]>> = {
  OperatorErrorSchema: [{ error: 'conflict' }, 'message'],
  ApprovalAnswerSchema: [{}, 'workerId'],
  AuditEntrySchema: [{ seq: 1, at: 'now', actor: 'operator', action: 'job.created' }, 'at'],
  AuditPageSchema: [{ entries: {} }, 'entries'],
  AuditQuerySchema: [{ limit: '1001' }, 'limit'],
  AttemptListSchema: [{ attempts: [{ number: 1, workerId: 'w', startedAt: '2026-05-25T12:00:00Z' }] }, 'outcome'],
  AttemptViewSchema: [{ number: -1, workerId: 'w', startedAt: '2026-05-25T12:00:00Z', outcome: 'open' }, 'number'],
  BootstrapAnswerSchema: [{ workerId: 'w', authToken: '' }, 'authToken'],
  BootstrapRequestSchema: [{ capabilities: {} }, 'bootstrapToken'],
  CapabilitiesSchema: [{ machineName: 7 }, 'machineName'],
  CatalogueEntrySchema: [{ ...MODEL, id: '' }, 'id'],
  CatalogueFileSchema: [{ models: [MODEL] }, 'models.0.source.cliDefaults'],
  ChatCompletionSchema: [{ object: 'chat.completion', model: 'm', choices: [] }, 'choices'],
  ClaimSchema: [{ jobId: 'j' }, 'gameId'],
  CliDefaultsSchema: [{ cfgScale: 1, steps: 8, width: 1024 }, 'height'],
  CompleteAckSchema: [{ type: 'completeAck' }, 'jobId'],
  DashboardCodeSchema: [{ code: 'c', expiresAt: 'soon' }, 'expiresAt'],
  DeviceNameSchema: [7, 'value'],
  ErrorFrameSchema: [{ type: 'error', code: 'teapot', message: '' }, 'code'],
  FailAckSchema: [{ type: 'failAck', jobId: 7 }, 'jobId'],
  HeartbeatAckSchema: [{ type: 'heartbeatAck', claim: { jobId: 'j' } }, 'claim.held'],
  InboundFrameSchema: [{ type: 'wat' }, 'type'],
  CreatedWebhookSchema: [{ id: 'wh-1', url: 'u', events: [], createdAt: '2026-05-25T12:00:00Z', pending: 0 }, 'secret'],
  DeliveryListSchema: [{ deliveries: [{ id: 'd' }] }, 'jobId'],
  DeliveryQuerySchema: [{ state: 'lost' }, 'state'],
  DeliveryViewSchema: [{ id: 'd', jobId: 'j', event: 'failed', state: 'lost' }, 'state'],
  WebhookDraftSchema: [{ url: 'https://e.example', secret: 'whsec_short' }, 'secret'],
  WebhookListSchema: [{ webhooks: [{ id: 'wh-1' }] }, 'url'],
  WebhookSecretSchema: [{}, 'secret'],
  WebhookTotalsSchema: [{ active: 1, disabled: 0, pending: 0, failing: -1 }, 'failing'],
  WebhookTestSchema: [{ delivered: true, tookMs: -1 }, 'tookMs'],
  WebhookViewSchema: [{ id: 'wh-1', url: 'u', events: [], createdAt: 'now', pending: 0 }, 'createdAt'],
  BootstrapTokenViewSchema: [{ token: '', expiresAt: '2026-05-25T12:00:00Z' }, 'token'],
  JobChangeSchema: [{ priority: 1_001 }, 'priority'],
  JobDraftSchema: [{ task: { kind: 'image', prompt: 'x' } }, 'model or modelSource is required'],
  JobListSchema: [{ jobs: [{ id: 'j' }] }, 'jobs.0.state'],
  JobQuerySchema: [{ limit: '501' }, 'limit'],
  JobRowSchema: [{ id: 'j', state: 'paused' }, 'state'],
  JobViewSchema: [{ id: 'j', state: 'paused' }, 'state'],
  LogEntrySchema: [{ ts: 'now', level: 'info', category: 'ws' }, 'message'],
  LogLineSchema: [{ seq: 1.5, workerId: 'w', ts: '', level: '', category: '', message: '' }, 'seq'],
  JobSettingsSchema: [{ width: '1024' }, 'width'],
  LogPageSchema: [{ entries: [] }, 'lines'],
  LogQuerySchema: [{ after: '-1' }, 'after'],
  ModelDraftSchema: [MODEL, 'source.cliDefaults'],
  ModelFileSchema: [{ role: 'controlnet', url: 'u', filename: 'f' }, 'role'],
  ModelListSchema: [[], 'models'],
  ModelSourceSchema: [{ engine: 'comfy', files: [], cliDefaults: {} }, 'engine'],
  ModelViewSchema: [{ ...MODEL, vramGbEstimate: -1 }, 'vramGbEstimate'],
  OfferFrameSchema: [{ type: 'offer' }, 'claim'],
  OutboundFrameSchema: [{ type: 'accept' }, 'jobId'],
  OverviewSchema: [{ hours: [{ at: 1, done: -1 }] }, 'hours.0.done'],
  OwnLogLineSchema: [{ seq: 1, ts: '', level: 'debug', category: '', message: '' }, 'level'],
  PageCodeSchema: [{ code: 'c', url: 'http://127.0.0.1/' }, 'expiresAt'],
  SignInSchema: [{ code: 1 }, 'code'],
  PollAnswerSchema: [{ status: 'approved', workerId: 'w-1' }, 'authToken'],
  RegisterAnswerSchema: [{ requestId: '', status: 'pending' }, 'requestId'],
  RegisterRequestSchema: [{ ...LEAST, registrationSecretHash: 'A'.repeat(64) }, 'registrationSecretHash'],
  RegistrationListSchema: [{ registrations: {} }, 'registrations'],
  RegistrationViewSchema: [{ requestId: 'rr', installId: 7 }, 'installId'],
  RejectionDraftSchema: [{ reason: 7 }, 'reason'],
  SourceEngineSchema: [{ engine: 7 }, 'engine'],
  StatusViewSchema: [{ version: '0.5.0', startedAt: 'yesterday' }, 'startedAt'],
  StudioFeedEventSchema: [{ event: 'lines', data: {} }, 'data.lines'],
  TaskKindIdSchema: ['audioStt', 'value'],
  TaskSchema: [{ kind: 'llm', messages: [{ role: 'user' }] }, 'messages.0.content'],
  TranscriptSchema: [{ text: '', language: 'en', duration: -1 }, 'duration'],
  UpdateStatusSchema: [{ at: 'flying' }, 'at'],
  WelcomeSchema: [{ type: 'welcome', workerId: 'w-1' }, 'serverTime'],
  WhyViewSchema: [{ jobId: 'j', state: 'queued', pendingRegistrations: 0, workers: {} }, 'workers'],
  NewTokenViewSchema: [{ id: 'swp_1', project: 'p', scopes: [], createdAt: '2026-05-25T12:00:00Z' }, 'token'],
  ProjectDraftSchema: [{ name: '../p' }, 'name: a project name has'],
  ProjectLimitsSchema: [{ maxRunning: -1 }, 'maxRunning'],
  ProjectListSchema: [{ projects: [{ name: 'p' }] }, 'projects.0.createdAt'],
  ProjectNameSchema: ['UPPER', 'a project name has'],
  ProjectRemovalSchema: [{ force: 'maybe' }, 'force'],
  ProjectViewSchema: [{ name: 'p', createdAt: 'yesterday' }, 'createdAt'],
  TokenDraftSchema: [{ project: 'p', scopes: [] }, 'scopes'],
  TokenListSchema: [{ tokens: {} }, 'tokens'],
  TokenViewSchema: [{ id: 'swp_1', project: 'p', scopes: 'read' }, 'scopes'],
  WorkerListSchema: [{ workers: 'none' }, 'workers'],
  WorkerViewSchema: [{ workerId: 'w', connected: 'yes' }, 'connected'],
  WrittenModelSchema: [{ ...MODEL, vramGb: 4 }, 'vramGb: is unknown'],
};

test('every schema of the contract has something that it refuses', async () => {
  expect([...(await schemas()).keys()].toSorted()).toEqual(Object.keys(REFUSED).toSorted());
});

describe('a complaint names the place', () => {
  test.each(Object.entries(REFUSED))('%s rejects what is wrong and names the place', async (name, [value, place]) => {
    const schema = (await schemas()).get(name);
    if (schema === undefined) throw new Error(`there is no ${name}`);
    const issues = v.safeParse(schema, value).issues ?? [];

    expect(issues.length).toBeGreaterThan(0);
    expect(describeIssues(issues)).toContain(place);
  });
});
