import Federation
import Foundation
import SystemPackage

/// Reads the files of a journal, day after day, line after line; also beside a running gateway.
package struct JournalReader: Sendable {
    package let folder: String

    package init(_ folder: String) { self.folder = folder }

    /// A line where it stands.
    package struct Place: Sendable {
        package let file: String
        /// From 1.
        package let number: Int
        package let day: JournalDay
    }

    /// Whether the reading goes on.
    package enum Step: Sendable { case goOn, stop }

    /// The days that have a file, the oldest first.
    ///
    /// Refused: a folder that is not there, or cannot be read.
    package func days() throws(JournalError) -> [JournalDay] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder)
                .compactMap { JournalDay(fileName: $0) }.sorted()
        } catch {
            throw JournalError(
                folder, "cannot be read", "see [journal] dir, and run this as the gateway's user")
        }
    }

    package func file(of day: JournalDay) -> String {
        (folder as NSString).appendingPathComponent(day.fileName)
    }

    /// Lends the bytes of every line, without its end, in order. The last piece of a file is lent
    /// although its end is missing: `isWhole` is false then.
    ///
    /// - Parameter last: only what begins in so many bytes at the end of the file; lines are then
    ///   counted from there.
    package func rawLines(
        of day: JournalDay, last: Int? = nil,
        _ body: (_ bytes: ArraySlice<UInt8>, _ place: Place, _ isWhole: Bool) throws -> Step
    ) throws -> Step {
        let path = file(of: day)
        let handle: FileHandle
        do {
            let file = try FileDescriptor.open(
                FilePath(path), .readOnly, options: [.noFollow, .closeOnExec])
            handle = FileHandle(fileDescriptor: file.rawValue, closeOnDealloc: true)
        } catch {
            throw JournalError(path, "cannot be read: \(error)", "")
        }
        var number = 0
        var rest: [UInt8] = []
        // The line that the end begins in is left out.
        var isInside = false
        if let last {
            do {
                let size = try handle.seekToEnd()
                isInside = size > UInt64(last)
                try handle.seek(toOffset: isInside ? size - UInt64(last) : 0)
            } catch { throw JournalError(path, "cannot be read: \(error)", "") }
        }
        while true {
            let data: Data?
            do { data = try handle.read(upToCount: Self.piece) } catch {
                throw JournalError(
                    path, "cannot be read: \(error)", "see whether the disk is whole")
            }
            guard let data, !data.isEmpty else { break }
            let chunk = rest + data
            var start = 0
            if isInside, let end = Self.lineEnd(chunk.span, from: 0) {
                start = end + 1
                isInside = false
            }
            while let end = Self.lineEnd(chunk.span, from: start) {
                number += 1
                let place = Place(file: path, number: number, day: day)
                switch try body(chunk[start..<end], place, true) {
                case .goOn: start = end + 1
                case .stop: return .stop
                }
            }
            rest = Array(chunk[start...])
        }
        guard !rest.isEmpty, !isInside else { return .goOn }
        return try body(
            rest[...], Place(file: path, number: number + 1, day: day), false)
    }

    /// Lends every line of these days that has the form of one, in order; what has not is left to
    /// `verify`.
    ///
    /// - Parameter holding: only lines that hold each of these.
    package func lines(
        of days: some Sequence<JournalDay>, holding needles: [ByteNeedle] = [], last: Int? = nil,
        _ body: (JournalLine, Place) throws -> Step
    ) throws {
        for day in days {
            let step = try rawLines(of: day, last: last) { bytes, place, _ in
                guard needles.allSatisfy({ $0.isIn(bytes.span) }),
                    let line = JournalLine(bytes)
                else { return .goOn }
                return try body(line, place)
            }
            if step == .stop { return }
        }
    }

    private static func lineEnd(_ bytes: Span<UInt8>, from start: Int) -> Int? {
        var place = start
        while place < bytes.count {
            if bytes[place] == UInt8(ascii: "\n") { return place }
            place += 1
        }
        return nil
    }

    private static let piece = 4 << 20
}

/// Bytes that are looked for in many lines (Horspool's algorithm: most bytes are never looked at).
package struct ByteNeedle: Sendable {
    private let bytes: [UInt8]
    private let skips: [Int]

    package init(_ text: String) {
        bytes = Array(text.utf8)
        var skips = [Int](repeating: max(1, bytes.count), count: 256)
        for (place, byte) in bytes.dropLast().enumerated() {
            skips[Int(byte)] = bytes.count - 1 - place
        }
        self.skips = skips
    }

    func isIn(_ text: Span<UInt8>) -> Bool {
        let count = bytes.count
        guard count > 0 else { return true }
        let (bytes, skips) = (bytes.span, skips.span)
        var end = count - 1
        while end < text.count {
            var back = 0
            while back < count, text[end - back] == bytes[count - 1 - back] { back += 1 }
            if back == count { return true }
            end += skips[Int(text[end])]
        }
        return false
    }
}

/// What the operator can mend about a journal.
package struct JournalError: Error, Equatable, CustomStringConvertible {
    package let path: String
    package let what: String
    package let remedy: String

    init(_ path: String, _ what: String, _ remedy: String) {
        self.path = path
        self.what = what
        self.remedy = remedy
    }

    package var description: String {
        remedy.isEmpty ? "\(path): \(what)" : "\(path): \(what); \(remedy)"
    }
}
