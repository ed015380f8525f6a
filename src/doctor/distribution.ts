/** The words that name a distribution: `ID=debian`, `ID_LIKE="rhel fedora"` (os-release(5)). */
export const distributionWords = (osRelease: string): readonly string[] =>
  [...osRelease.matchAll(/^ID(?:_LIKE)?="?([^"\n]*)"?$/gm)].flatMap(([, words = '']) =>
    words.split(/\s+/).filter((word) => word !== ''),
  );
