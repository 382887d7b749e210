declare module "*.css" {
  const text: string;
  export default text;
}

/** Names of the built files, put in by build.mjs. */
declare const CHAT_FILE: string;
declare const MATH_FILE: string;
declare const CODE_FILE: string;
declare const ENGLISH_FILE: string;
declare const EXTRAS_FILE: string;
declare const MATH_FONTS: readonly (readonly [family: string, weight: string, style: string, file: string])[];
