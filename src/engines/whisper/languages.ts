/** In the order of the models' tokens (whisper.cpp, `g_lang`). */
const LANGUAGES =
  'en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr bg lt la mi ml cy sk te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so af oc ka be tg sd gu am yi lo uz fo ht ps tk nn mt sa lb my bo tl mg as tt haw ln ha ba jw su yue'.split(
    ' ',
  );
/** Tokens of models that know English only; of those that know a language more than the list once had, the most. */
const ENGLISH_TOKENS = 51_864;
const TOKENS_PER_LANGUAGE = 51_766;

/** What Whisper calls a language: the first part of `de-AT`. Undefined when it knows none of that name. */
export function languageOf(tag: string): string | undefined {
  const [code = ''] = tag.trim().toLowerCase().split(/[-_]/);
  return LANGUAGES.includes(code) ? code : undefined;
}

/** The languages of a model with so many tokens: newer ones know more. */
export const languagesOf = (tokens: number): readonly string[] =>
  tokens <= ENGLISH_TOKENS ? ['en'] : LANGUAGES.slice(0, Math.max(1, tokens - TOKENS_PER_LANGUAGE));
