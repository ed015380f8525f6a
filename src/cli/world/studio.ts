import type * as views from '../../contract/operator/views.ts';
import type * as limits from '../../contract/limits.ts';
import type * as json from '../../contract/json.ts';
import type * as read from '../../contract/read.ts';
import type * as routes from '../../contract/routes.ts';
import type * as sourceCheck from '../../models/store/source-check.ts';
import type { LogChoice } from '../../log/open-log.ts';

/** Where artifacts go: `s3://bucket/prefix`, and the server. */
export interface BucketChoice {
  readonly bucket: string;
  /** With a slash at its end, or empty. */
  readonly prefix: string;
  /** The URL of the server; that of AWS where it is not named. */
  readonly endpoint: string | undefined;
}

/** Options of `studio`, defaults filled in. */
export interface StudioChoice extends LogChoice {
  readonly host: string;
  /** 0 asks for any free port. */
  readonly port: number;
  readonly dataDir: string;
  /** A PostgreSQL database that studios share. May hold a password. */
  readonly database: string | undefined;
  /** A bucket of an S3-compatible store for artifacts. */
  readonly artifacts: BucketChoice | undefined;
  /** A certificate and its key, as PEM texts. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  /** Whether a proxy in front says who sent a request. */
  readonly trustsProxy: boolean;
  /** Milliseconds that artifacts are kept after their jobs ended. */
  readonly keepArtifactsMs: number | undefined;
  /** Milliseconds that entries of the audit log are kept. */
  readonly keepAuditMs: number | undefined;
  /** Whether webhooks may lead to private addresses, by http too. */
  readonly webhooksToPrivate: boolean;
  /** Names in DNS that it is reached by. */
  readonly hostNames: readonly string[];
}

/** Where a studio moves to. */
export interface MoveChoice extends Pick<StudioChoice, 'dataDir' | 'artifacts'> {
  readonly database: string;
  readonly onProgress: (progress: MoveProgress) => void;
}

/** How far a move is: artifacts are copied while the studio serves, and from `holding` on it waits. */
export type MoveProgress =
  { readonly is: 'copied-artifact'; readonly copied: number; readonly of: number } | { readonly is: 'holding' };

/** How much of a studio was moved; artifacts whose file is gone are missing. */
export interface MovedStudio {
  readonly workers: number;
  readonly models: number;
  readonly jobs: number;
  readonly artifacts: number;
  readonly missing: number;
}

/** A studio that listens. */
export interface StartedStudio {
  readonly url: string;
  /** An address that opens the operator's page once, within ten minutes. */
  readonly pageUrl: () => string;
  readonly dataDir: string;
  /** Undefined where the environment has the token. */
  readonly tokenFile: string | undefined;
  /** Settles when it has stopped. */
  readonly ended: Promise<void>;
}

type Contract = typeof views & typeof limits & typeof routes & typeof json & typeof read & typeof sourceCheck;

/**
 * The part of the studio contract that the studio's sub-commands need, handed in as a value: the command line itself
 * imports the contract as types only, so that starting a plain command loads no schema.
 */
export type OperatorApi = Pick<
  Contract,
  | 'MAX_IMAGE_BYTES'
  | 'MAX_INLINE_IMAGE_BYTES'
  | 'MAX_JOB_BYTES'
  | 'JobDraftSchema'
  | 'WrittenModelSchema'
  | 'hasEnded'
  | 'parseJson'
  | 'readJson'
  | 'sourceProblem'
  | 'writeJson'
>;
