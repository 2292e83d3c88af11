/** What a server is asked for where no texts are given: of several scripts and lengths, and what tokenizers get wrong. */
export const USUAL_TEXTS: readonly string[] = [
  "Hello world",
  "a",
  "The bank of the river was steep.",
  "The bank raised its interest rates, and the river did not care.",
  "Apple released a laptop; she ate an apple.",
  "How do I undo the last commit without losing my changes?",
  "git reset --soft HEAD~1 && git status # 3.14 (a-b)_c/d https://example.org/?q=1",
  "naïve café, Größe und Maße, ﬁne ligatures, ½ cup",
  "e\u0301 and n\u0303: combining marks, a\u0300\u0323 twice",
  "😀 an emoji, 👩\u200d💻 of several, and 𝒎ath letters",
  "银行提高了利率。河岸又陡又泥泞。",
  "川の土手は急だった。강둑은 가파르고 질퍽했다.",
  "Быстрая коричневая лиса перепрыгивает через ленивую собаку.",
  "البنك رفع أسعار الفائدة هذا الربيع. अब हम घर जा रहे हैं।",
  "UPPER lower MiXeD   with   spaces,\ttabs\nand lines",
  Array.from({ length: 24 }, (_, i) => `Sentence ${i} of a longer text, which pads the others in its batch.`).join(" "),
];
