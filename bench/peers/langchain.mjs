// LangChain.js: PGVectorStore with HuggingFaceTransformersEmbeddings, everything at its default.
import { HuggingFaceTransformersEmbeddings } from "@langchain/community/embeddings/huggingface_transformers";
import { PGVectorStore } from "@langchain/community/vectorstores/pgvector";
import { answer, readJob } from "./job.mjs";

const { texts, databaseUrl, model, dimensions } = readJob();
const embeddings = new HuggingFaceTransformersEmbeddings({ model });
const store = await PGVectorStore.initialize(embeddings, {
  postgresConnectionOptions: { connectionString: databaseUrl },
  tableName: "peer",
  dimensions,
});
await embeddings.embedQuery("The model is loaded before the clock starts.");
await answer(() => store.addDocuments(texts.map((text) => ({ pageContent: text, metadata: {} }))));
await store.end();
