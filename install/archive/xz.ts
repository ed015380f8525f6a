import { WorkerError } from '../../src/base/errors.ts';

/** How hard it tries: 0 to 9, as `xz` counts. */
export interface XzOptions {
  readonly preset: number;
  /** The processor whose jumps are made easier to compress; every reader of xz knows the filter of x86. */
  readonly cpu: string;
}

/**
 * Compresses with the program `xz`: no package of the registry has an encoder that is kept and compresses as well. In one
 * thread, since the number of threads would show in the bytes.
 *
 * @throws WorkerError `internal` when there is no such program, or with what it said
 */
export async function xz(bytes: Uint8Array<ArrayBuffer>, { preset, cpu }: XzOptions): Promise<Uint8Array> {
  if (Bun.which('xz') === null) {
    throw new WorkerError('internal', 'there is no program xz to make an archive with', {
      hint: 'Install it: the package is called xz-utils on Debian, and xz elsewhere.',
    });
  }
  const filters = cpu === 'x64' ? ['--x86'] : [];
  const child = Bun.spawn(['xz', '--format=xz', '--check=crc64', '-T1', ...filters, `--lzma2=preset=${preset}`, '-c'], {
    stdin: new Blob([bytes]),
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const [packed, complaint, code] = await Promise.all([
    new Response(child.stdout).bytes(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  if (code !== 0) throw new WorkerError('internal', `xz ended with ${code}: ${complaint.trim()}`);
  return packed;
}
