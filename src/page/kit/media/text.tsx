import { useEffect, useState } from 'preact/hooks';
import { writeJson } from '../../../contract/json.ts';
import { MEDIA } from '../../words/media.ts';
import { CopyButton } from '../copy.tsx';
import { useBrowser } from '../page-context.ts';
import { textOfResult } from './text-of-result.ts';

/** The text that a chat or a transcription came to. */
export function TextView({ src, label }: { readonly src: string; readonly label: string }) {
  const text = useText(src);
  if (text.is !== 'read') return <p class="note">{text.is === 'reading' ? MEDIA.reading : MEDIA.unreadable}</p>;
  return <ShownText text={text.text} label={label} />;
}

/** The same of a result that is here already. */
export const ResultText = ({ result, label }: { readonly result: unknown; readonly label: string }) => (
  <ShownText text={textOfResult(writeJson(result))} label={label} />
);

const ShownText = ({ text, label }: { readonly text: string; readonly label: string }) => (
  <div class="stack stack--tight">
    <div class="code code--text" tabIndex={0} role="region" aria-label={label}>
      {text}
    </div>
    <div class="line">
      <CopyButton small text={() => text} />
    </div>
  </div>
);

type ReadText = { readonly is: 'reading' | 'unreadable' } | { readonly is: 'read'; readonly text: string };

function useText(src: string): ReadText {
  const { readBytes } = useBrowser();
  const [text, setText] = useState<ReadText>({ is: 'reading' });
  useEffect(() => {
    let isGone = false;
    void readBytes(src).then(
      (bytes) => !isGone && setText({ is: 'read', text: textOfResult(new TextDecoder().decode(bytes)) }),
      () => !isGone && setText({ is: 'unreadable' }),
    );
    return () => {
      isGone = true;
    };
  }, [src, readBytes]);
  return text;
}
