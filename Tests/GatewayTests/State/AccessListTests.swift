import Testing

@testable import Gateway

@Suite struct AccessListTests {
    /// Kind, what it permits, and number.
    private typealias Entry = (UInt16, UInt16, UInt32)

    private static let nobody = UInt32.max
    /// What the mode tells of a file that is root's, 0440.
    private static let mode: [Entry] = [
        (0x01, 4, nobody), (0x04, 0, nobody), (0x10, 4, nobody), (0x20, 0, nobody),
    ]

    private static func bytes(version: UInt32 = 2, _ entries: [Entry]) -> [UInt8] {
        func little(_ number: UInt32, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * UInt32($0))) }
        }
        return little(version, 4)
            + entries.flatMap {
                little(UInt32($0.0), 2) + little(UInt32($0.1), 2) + little($0.2, 4)
            }
    }

    /// Who is named beside those of the mode, and whether that is user 997 alone.
    @Test(
        arguments: [
            ([], true), ([(0x02, 4, 997)], true), ([(0x02, 4, 997), (0x02, 6, 0)], true),
            ([(0x02, 4, 997), (0x02, 4, 33)], false), ([(0x02, 4, 33)], false),
            ([(0x02, 0, 33)], true), ([(0x08, 4, 997)], false), ([(0x08, 0, 33)], true),
        ] as [([(UInt16, UInt16, UInt32)], Bool)])
    func itSaysWhetherOneUserAloneIsNamed(
        _ entries: [(UInt16, UInt16, UInt32)], _ isAlone: Bool
    ) throws {
        let list = try #require(AccessList(Self.bytes(Self.mode + entries)))
        #expect(list.names(only: 997) == isAlone)
    }

    @Test func whatIsNoListIsRefused() {
        let whole = Self.bytes(Self.mode)
        #expect(AccessList(Array(whole.dropLast())) == nil)
        #expect(AccessList(Self.bytes(version: 3, Self.mode)) == nil)
        #expect(AccessList(Self.bytes([(0x40, 4, 33)])) == nil)
        #expect(AccessList([2, 0]) == nil)
    }

    @Test func aFileWithoutOneNamesNobody() throws {
        let scratch = try Scratch()
        try scratch.write("x", "key")
        #expect(AccessList(of: scratch.file("key"))?.named == [])
        #expect(AccessList(of: scratch.file("none")) == nil)
    }
}
