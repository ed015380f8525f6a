import type { Sha256 } from '../../system/disk/digest.ts';

/**
 * An installation's place in a staged rollout, from 0 to 99: always the same one, evenly spread over installations. One
 * without an id comes last.
 */
export function cohortOf(installId: string | undefined, sha256: Sha256): number {
  if (installId === undefined || installId === '') return 99;
  const [a = 0, b = 0, c = 0, d = 0] = sha256(`rollout:${installId}`);
  return (a * 2 ** 24 + b * 2 ** 16 + c * 2 ** 8 + d) % 100;
}
