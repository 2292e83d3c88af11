import { describe, expect, test } from "vitest";
import { PolysemeError } from "./errors.ts";
import { readTracingConfig, SAMPLERS } from "./tracing-config.ts";

describe("traces", () => {
  test.each([
    [{}],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: " " }],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318", OTEL_TRACES_EXPORTER: "none" }],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318", OTEL_SDK_DISABLED: "TRUE" }],
    [{ OTEL_TRACES_SAMPLER: "always_on", OTEL_SERVICE_NAME: "x" }],
  ])("are off with %j", (env) => {
    expect(readTracingConfig(env)).toBeUndefined();
  });

  test.each([
    [{ OTEL_TRACES_EXPORTER: "otlp" }, "http://localhost:4318/v1/traces"],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "https://c/otlp/" }, "https://c/otlp/v1/traces"],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://c:1/here" }, "http://c:1/here"],
    [
      { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://c:1/here", OTEL_EXPORTER_OTLP_ENDPOINT: "http://d" },
      "http://c:1/here",
    ],
  ])("with %j go to %s", (env, url) => {
    expect(readTracingConfig(env)).toMatchObject({ url, sampler: "parentbased_always_on", ratio: 1 });
  });

  test("are named, sampled and marked as the variables say", () => {
    const env = {
      OTEL_TRACES_EXPORTER: "otlp",
      OTEL_TRACES_SAMPLER: "traceidratio",
      OTEL_TRACES_SAMPLER_ARG: "0.25",
      OTEL_SERVICE_NAME: "mine",
      OTEL_RESOURCE_ATTRIBUTES: "deployment.environment=prod,broken,team=a%2Cb,bad=%zz",
      OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20s3cret",
    };
    expect(readTracingConfig(env)).toEqual({
      url: "http://localhost:4318/v1/traces",
      headers: { authorization: "Bearer s3cret" },
      sampler: "traceidratio",
      ratio: 0.25,
      serviceName: "mine",
      resourceAttributes: { "deployment.environment": "prod", team: "a,b", bad: "%zz" },
    });
  });

  test.each([
    [{ OTEL_TRACES_EXPORTER: "console" }, "OTEL_TRACES_EXPORTER", "otlp, none"],
    [{ OTEL_TRACES_EXPORTER: "postgres://u:s3cret@h/db" }, "OTEL_TRACES_EXPORTER", "otlp, none"],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: "c:4318" }, "OTEL_EXPORTER_OTLP_ENDPOINT", "http://"],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "ftp://u:s3cret@c" }, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://"],
    [{ OTEL_TRACES_EXPORTER: "otlp", OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }, "OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"],
    [{ OTEL_TRACES_EXPORTER: "otlp", OTEL_TRACES_SAMPLER: "sometimes" }, "OTEL_TRACES_SAMPLER", SAMPLERS.join(", ")],
    [{ OTEL_TRACES_EXPORTER: "otlp", OTEL_TRACES_SAMPLER_ARG: "2" }, "OTEL_TRACES_SAMPLER_ARG", "0 to 1"],
  ])("with %j are refused, naming %s", (env, field, wanted) => {
    let refusal: unknown;
    try {
      readTracingConfig(env);
    } catch (error) {
      refusal = error;
    }
    expect(refusal).toBeInstanceOf(PolysemeError);
    expect(refusal).toMatchObject({ code: "invalid", details: { field } });
    expect((refusal as Error).message).toContain(wanted);
    expect((refusal as Error).message).not.toContain("s3cret");
  });
});
