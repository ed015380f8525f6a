import type { JobId } from '../../base/ids.ts';
import { artifactContentType, UPLOAD_PARTS } from '../../contract/upload.ts';
import type { Random } from '../../system/random.ts';

/** An artifact and what travels with it. */
export interface ArtifactUpload {
  readonly jobId: JobId;
  /** Without a dot; the result's, which may differ from the one asked for. */
  readonly ext: string;
  /** In full: the studio stores it as the operator's prompt. */
  readonly prompt: string;
  /** What it was computed on; absent where no model ran. */
  readonly ranOn?: string | undefined;
  readonly bytes: Uint8Array;
}

/** A body ready to be sent. */
export interface MultipartBody {
  readonly contentType: string;
  /** To be sent one after the other. The artifact's own bytes are one of them, not a copy. */
  readonly parts: readonly Uint8Array[];
}

/** 192 random bits: nobody who writes a prompt or an artifact can know them, and by chance they do not occur in one. */
const BOUNDARY_BYTES = 24;

/**
 * The body of a binary completion: text fields `prompt` and `ext`, then the file `image`, whatever the artifact is
 * (studio contract; RFC 7578), then `generationMeta` where there is something to send.
 * Field values are sent as they are, line ends included.
 */
export function multipartBody(artifact: ArtifactUpload, random: Pick<Random, 'hex'>): MultipartBody {
  const boundary = `studio-worker-${random.hex(BOUNDARY_BYTES)}`;
  const field = (name: string, value: string): string =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const fileName = escapeFileName(`${artifact.jobId}.${artifact.ext}`);
  const head =
    field(UPLOAD_PARTS.prompt, artifact.prompt) +
    field(UPLOAD_PARTS.ext, artifact.ext) +
    `--${boundary}\r\nContent-Disposition: form-data; name="${UPLOAD_PARTS.artifact}"; filename="${fileName}"\r\n` +
    `Content-Type: ${artifactContentType(artifact.ext)}\r\n\r\n`;
  const meta = artifact.ranOn === undefined ? '' : field(UPLOAD_PARTS.meta, JSON.stringify({ ranOn: artifact.ranOn }));
  const text = new TextEncoder();
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    parts: [text.encode(head), artifact.bytes, text.encode(`\r\n${meta}--${boundary}--\r\n`)],
  };
}

const ESCAPES: Readonly<Record<string, string>> = { '"': '%22', '\r': '%0D', '\n': '%0A' };

/** As browsers do (HTML standard, multipart/form-data encoding): only what would end the quoted name or its line. */
const escapeFileName = (name: string): string => name.replaceAll(/["\r\n]/g, (character) => ESCAPES[character] ?? '');
