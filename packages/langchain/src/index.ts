export { PolysemeEmbeddings, type PolysemeEmbeddingsFields } from "./embeddings.ts";
export { PolysemeRetriever, type PolysemeRetrieverFields } from "./retriever.ts";
export {
  PolysemeVectorStore,
  type AddOptions,
  type DeleteChoice,
  type PolysemeFilter,
  type PolysemeStoreConfig,
} from "./vector-store.ts";
