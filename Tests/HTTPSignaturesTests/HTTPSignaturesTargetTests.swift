import Testing

@Suite struct HTTPSignaturesTargetTests {}
