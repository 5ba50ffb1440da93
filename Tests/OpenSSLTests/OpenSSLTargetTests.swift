import Testing

@Suite struct OpenSSLTargetTests {}
