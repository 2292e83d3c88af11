import { type Grades } from "./ndcg.ts";

/** A place in a document that answers a question, named by its words. */
export interface AnswerPlace {
  readonly docId: string;
  /** An exact part of the document's text. */
  readonly quote: string;
}

/** A question with what is known to answer it. */
export interface Question {
  readonly id: string;
  readonly query: string;
  /** By document id. */
  readonly grades: Grades;
  /** Where in those documents the answers stand; empty when nobody said so. */
  readonly answers: readonly AnswerPlace[];
}

/** Labelled questions, and how many were left out because no document is relevant to them. */
export interface QuestionSet {
  readonly questions: readonly Question[];
  readonly withoutRelevant: number;
}

/** Splits off the questions that no ranking can answer: they would lower every setting alike. */
export function keepAnswerable(all: readonly Question[]): QuestionSet {
  const questions = all.filter(({ grades }) => [...grades.values()].some((grade) => grade > 0));
  return { questions, withoutRelevant: all.length - questions.length };
}
