import { errorChain, WorkerError } from '../../base/errors.ts';
import type { MoveChoice, MovedStudio, StartedStudio, StudioChoice } from '../../cli/world/studio.ts';
import { startStudio, type RunningStudio } from '../../local-studio/serve.ts';
import { credentialsFile, profileIn } from '../../local-studio/storage/aws-credentials.ts';
import { OPERATOR_TOKEN_VARIABLE } from '../../local-studio/storage/operator-token.ts';
import { moveStudioData } from '../../local-studio/storage/moving/move-data.ts';
import type { ArtifactPlace } from '../../local-studio/storage/places.ts';
import { codeOf } from '../../base/system-code.ts';
import type { Tls } from '../../system/net/server.ts';
import type { Logger } from '../../log/logger.ts';
import { openPostgres } from '../../system/database/postgres.ts';
import { hmacSha256 } from '../../system/disk/digest.ts';
import { createGuardedPost, type GuardedPost } from '../../system/net/remote/guarded-post.ts';
import { USER_AGENT } from '../../base/version.ts';
import { openBucket } from '../../system/net/objects/object-store.ts';
import { processUsage } from '../../system/process/process-memory.ts';
import { onStopSignals } from '../../system/process/signals.ts';
import type { Effects } from '../effects.ts';
import { openProcessLog } from '../log.ts';
import { pageShell } from '../page-shell.ts';
import { allowsPrivateUrls, studioObjections } from '../studio-objections.ts';

/** Where a studio listens and keeps its data. */
export interface StudioServeOptions extends Pick<StudioChoice, 'host' | 'port' | 'dataDir'> {
  readonly database?: string | undefined;
  readonly operatorToken?: string | undefined;
  readonly artifactStore?: ArtifactPlace | undefined;
  readonly keepArtifactsMs?: number | undefined;
  readonly keepAuditMs?: number | undefined;
  readonly tls?: Tls | undefined;
  readonly trustsProxy?: boolean;
  /** Whether workers on this machine may register as often as they like; behind a proxy everybody seems to be here. */
  readonly sparesLoopback?: boolean;
  /** Names in DNS that it is reached by, beside addresses and loopback names. */
  readonly hostNames?: readonly string[];
  /** Whether webhooks may lead to private addresses. */
  readonly webhooksToPrivate?: boolean;
  /** Whether models and inputs may be at private addresses. */
  readonly allowsPrivateUrls?: boolean;
}

/**
 * Starts the embedded studio.
 *
 * @throws WorkerError `studio.not-listening` when the address is not free, and as `startStudio`
 */
export async function openStudio(place: StudioServeOptions, effects: Effects, log: Logger): Promise<RunningStudio> {
  try {
    const objectionTo = studioObjections(effects, place.allowsPrivateUrls ?? false);
    const shell = pageShell('studio');
    return await startStudio({
      ...place,
      objectionTo,
      shell: (request, url) => shell.answer(request, url),
      effects: {
        ...effects,
        openPostgres,
        openBucket,
        hmacSha256,
        processUsage,
        openGuardedPost: guardedPostOf(effects),
      },
      log: log.child({}, 'studio'),
    });
  } catch (thrown) {
    if (thrown instanceof WorkerError) throw thrown;
    throw new WorkerError(
      'studio.not-listening',
      `cannot serve on ${place.host}:${place.port}: ${errorChain(thrown)}`,
      {
        cause: thrown,
        hint:
          place.tls === undefined || codeOf(thrown) === 'EADDRINUSE'
            ? 'Choose another address with `--host` and `--port`.'
            : 'Check that `--tls-cert` and `--tls-key` hold a certificate and its key, both in PEM.',
      },
    );
  }
}

const guardedPostOf =
  ({ clock, environment }: Pick<Effects, 'clock' | 'environment'>) =>
  (allowPrivate: boolean): GuardedPost =>
    createGuardedPost({
      clock,
      env: environment.get,
      userAgent: USER_AGENT,
      allowPrivate,
      remedy: 'Start the studio with --webhooks-to-private to allow http and addresses of your own network.',
    });

/** The `studio` command: serves until it is asked to stop, which a second request makes sure of, or until it has moved. */
export async function startStudioProcess(choice: StudioChoice, effects: Effects): Promise<StartedStudio> {
  const log = await openProcessLog(choice, effects);
  const operatorToken = sharedToken(choice, effects);
  const artifactStore = await artifactStoreOf(choice, effects);
  const place = {
    ...choice,
    operatorToken,
    artifactStore,
    allowsPrivateUrls: await allowsPrivateUrls(effects, log.logger),
  };
  const studio = await openStudio(place, effects, log.logger);
  const stopped = Promise.withResolvers<void>();
  const unsubscribe = onStopSignals((_signal, count) => {
    if (count > 1) return stopped.resolve();
    log.logger.child({}, 'studio').info('studio.stopping');
    void studio.stop().finally(stopped.resolve);
  });
  void studio.moved.then((error) => {
    log.logger.child({}, 'studio').error('studio.moved', { error: error.message });
    void studio.stop().finally(() => stopped.reject(error));
  });
  const serve = async (): Promise<void> => {
    try {
      await stopped.promise;
    } finally {
      unsubscribe();
      await log.flush();
    }
  };
  const tokenFile = operatorToken === undefined ? studio.tokenFile : undefined;
  const { url, pageUrl } = studio;
  return { url, pageUrl, dataDir: choice.dataDir, tokenFile, ended: serve() };
}

/** The `studio migrate` command. */
export const migrateStudio = async (choice: MoveChoice, effects: Effects): Promise<MovedStudio> =>
  moveStudioData(
    { ...choice, artifactStore: await artifactStoreOf(choice, effects) },
    { ...effects, openPostgres, openBucket },
    choice.onProgress,
  );

/** A key in the environment comes before one in a file. Programs reach AWS itself, but maybe not a server of one's own. */
async function artifactStoreOf(
  { artifacts }: Pick<StudioChoice, 'artifacts'>,
  effects: Effects,
): Promise<ArtifactPlace | undefined> {
  if (artifacts === undefined) return undefined;
  const { get, homeDir } = effects.environment;
  const file = credentialsFile(get, homeDir);
  const text = file === undefined ? undefined : await effects.files.readText(file);
  const found = text === undefined ? undefined : profileIn(text, get('AWS_PROFILE') ?? 'default');
  const region = get('AWS_REGION') ?? get('S3_REGION') ?? found?.region;
  return { ...artifacts, region, credentials: found?.credentials, redirects: artifacts.endpoint === undefined };
}

/** Studios on one database have one token; a studio by itself keeps its own, whatever its operator's shell says. */
const sharedToken = ({ database }: StudioChoice, { environment }: Effects): string | undefined =>
  database === undefined ? undefined : environment.get(OPERATOR_TOKEN_VARIABLE);
