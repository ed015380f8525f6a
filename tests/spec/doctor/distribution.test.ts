import { expect, test } from 'bun:test';
import { distributionWords } from '../../../src/doctor/distribution.ts';

test.each([
  ['NAME="Debian GNU/Linux"\nID=debian\n', ['debian']],
  ['ID="rocky"\nID_LIKE="rhel centos fedora"\n', ['rocky', 'rhel', 'centos', 'fedora']],
  ['VERSION_ID="13"\n', []],
  ['', []],
])('the distribution of %j is named by %j', (text, words) => {
  expect(distributionWords(text)).toEqual(words);
});
