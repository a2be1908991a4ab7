/**
 * The vendor's languages, and their descriptions.
 *
 * https://docs.speechmatics.com/speech-to-text/languages (read 2026-11-21)
 */

/** Language codes with their names. */
export const languages: Readonly<Record<string, string>> = {
  ar: "Arabic",
  ar_en: "Arabic & English",
  ba: "Bashkir",
  eu: "Basque",
  be: "Belarusian",
  bn: "Bengali",
  bg: "Bulgarian",
  yue: "Cantonese",
  ca: "Catalan",
  hr: "Croatian",
  cs: "Czech",
  da: "Danish",
  nl: "Dutch",
  en: "English",
  eo: "Esperanto",
  et: "Estonian",
  fi: "Finnish",
  fr: "French",
  gl: "Galician",
  de: "German",
  el: "Greek",
  he: "Hebrew",
  hi: "Hindi",
  hu: "Hungarian",
  id: "Indonesian",
  ia: "Interlingua",
  ga: "Irish",
  it: "Italian",
  ja: "Japanese",
  ko: "Korean",
  lv: "Latvian",
  lt: "Lithuanian",
  ms: "Malay",
  en_ms: "Malay & English",
  mt: "Maltese",
  cmn: "Mandarin",
  cmn_en: "Mandarin & English",
  cmn_en_ms_ta: "Mandarin Malay Tamil & English",
  mr: "Marathi",
  mn: "Mongolian",
  no: "Norwegian",
  fa: "Persian",
  pl: "Polish",
  pt: "Portuguese",
  ro: "Romanian",
  ru: "Russian",
  sk: "Slovakian",
  sl: "Slovenian",
  es: "Spanish",
  sw: "Swahili",
  sv: "Swedish",
  tl: "Tagalog (Filipino) & English",
  ta: "Tamil",
  en_ta: "Tamil & English",
  th: "Thai",
  tr: "Turkish",
  uk: "Ukrainian",
  ur: "Urdu",
  ug: "Uyghur",
  vi: "Vietnamese",
  cy: "Welsh"
}

/** Describes a language as results do. */
export const pack = (language: string) => ({
  adapted: false,
  itn: true,
  language_description: languages[language] ?? language,
  word_delimiter: " ",
  writing_direction: rightToLeft.has(language) ? "right-to-left" : "left-to-right"
})

/**
 * The route of the public list of features: https://docs.speechmatics.com/speech-to-text/features/feature-discovery
 * (read 2026-11-21).
 */
export const discoveryRoute = "GET /v1/discovery/features"

/** Makes the route of the public list of features, which needs no credential. */
export const routes = () => ({
  [discoveryRoute]: () => {
    const codes = Object.keys(languages)
    const packs = Object.entries(languages).map(([code, name]) => [code, { language_description: name, locales: {} }])
    return Response.json({
      metadata: { language_pack_info: Object.fromEntries(packs) },
      batch: {
        transcription: [{ version: "latest", languages: codes, locales: {}, domains: {} }],
        translation: [],
        languageid: codes
      },
      realtime: {
        transcription: [{ version: "latest", languages: codes, locales: {}, domains: {} }],
        translation: []
      }
    })
  }
})

const rightToLeft: ReadonlySet<string> = new Set(["ar", "ar_en", "fa", "he", "ug", "ur"])
