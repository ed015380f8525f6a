import { useEffect, useState } from 'preact/hooks';
import { MEDIA } from '../../words/media.ts';
import { CopyButton } from '../copy.tsx';
import { useSurroundings } from '../page-context.ts';
import { textOfResult } from './text-of-result.ts';

/** The text that a chat or a transcription came to. */
export function TextView({ src, label }: { readonly src: string; readonly label: string }) {
  const text = useText(src);
  if (text.is !== 'read') return <p class="note">{text.is === 'reading' ? MEDIA.reading : MEDIA.unreadable}</p>;
  return (
    <div class="stack stack--tight">
      <div class="code code--text" tabIndex={0} role="region" aria-label={label}>
        {text.text}
      </div>
      <div class="line">
        <CopyButton small text={() => text.text} />
      </div>
    </div>
  );
}

type ReadText = { readonly is: 'reading' | 'unreadable' } | { readonly is: 'read'; readonly text: string };

function useText(src: string): ReadText {
  const { readBytes } = useSurroundings();
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
