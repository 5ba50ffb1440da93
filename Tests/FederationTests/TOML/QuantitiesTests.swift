import Federation
import Testing

@Suite struct QuantitiesTests {
    @Test(arguments: [
        ("0", 0), ("512", 512), ("1B", 1), ("16KiB", 16_384), ("5MB", 5_000_000), ("1GiB", 1 << 30),
        ("2TB", 2_000_000_000_000),
    ])
    func sizesAreNumbersOfBytes(_ text: String, _ bytes: Int) {
        #expect(ByteCount(text)?.bytes == bytes)
    }

    @Test(arguments: [
        "", "KiB", "-1", "+1", "1.5MiB", "1 KiB", "1kib", "1K", "9223372036854775807KiB", "1e3",
        "99999999999999999999",
    ])
    func whatIsNoSizeIsRefused(_ text: String) {
        #expect(ByteCount(text) == nil)
    }

    @Test(arguments: [
        ("250ms", Duration.milliseconds(250)), ("30s", .seconds(30)), ("5m", .seconds(300)),
        ("24h", .seconds(86_400)), ("400d", .seconds(34_560_000)), ("0s", .zero),
    ])
    func durationsHaveAUnit(_ text: String, _ duration: Duration) {
        #expect(Duration(configured: text) == duration)
    }

    @Test(arguments: ["", "5", "s", "-1s", "1.5s", "1 s", "1w", "36526d", "99999999999999999999d"])
    func whatIsNoDurationIsRefused(_ text: String) {
        #expect(Duration(configured: text) == nil)
    }

    @Test(arguments: ["0s", "250ms", "90s", "1m", "36h", "400d"])
    func durationsAreWrittenInTheirLargestWholeUnit(_ text: String) {
        #expect(Duration(configured: text)?.configured == text)
    }

    @Test(arguments: [
        (0, "0B"), (999, "999B"), (1000, "1KB"), (1024, "1KiB"), (1 << 20, "1MiB"), (1536, "1536B"),
        (1_000_000, "1MB"), (50_000_000_000, "50GB"), (50 << 30, "50GiB"), (1_024_000, "1000KiB"),
    ])
    func sizesAreWrittenInTheirLargestWholeUnit(_ bytes: Int, _ text: String) {
        #expect(ByteCount(bytes).description == text)
    }
}
