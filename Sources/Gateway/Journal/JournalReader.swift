import Federation
import Foundation
import OpenSSL
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
    package func days() throws(FileProblem) -> [JournalDay] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder)
                .compactMap { JournalDay(fileName: $0) }.sorted()
        } catch {
            switch PrivateFile.presence(folder) {
            case .absent:
                throw FileProblem(
                    folder, "is not there", "\(Store.madeAtFirstStart); see [journal] dir")
            case .there, .denied:
                throw FileProblem(
                    folder, "cannot be read: \(PrivateFile.cause(of: error))",
                    "see [journal] dir, and run this as the gateway's user")
            }
        }
    }

    /// The path of a day's file.
    package func file(of day: JournalDay) -> String {
        (folder as NSString).appendingPathComponent(day.fileName)
    }

    /// Lends what a file holds in pieces of whole lines, in order; the last piece of a file may lack
    /// the end of its last line. Of an empty file there is none.
    ///
    /// Refused: what is no regular file, and a line of more bytes than any journal has.
    ///
    /// - Parameters:
    ///   - size: bytes that are read at a time; a piece is longer where a line is.
    ///   - last: only what begins in so many bytes at the end of the file.
    ///   - read: reads at most so many bytes behind those that it is given.
    func pieces(
        of day: JournalDay, size: Int = Self.piece, last: Int? = nil,
        read: (CInt, Int, Span<UInt8>) throws -> [UInt8] = { file, count, kept in
            try FileBytes.read(file, count, after: kept)
        },
        _ body: (ArraySlice<UInt8>) throws -> Step
    ) throws -> Step {
        let path = file(of: day)
        let file: FileDescriptor
        do {
            file = try FileDescriptor.open(
                FilePath(path), .readOnly, options: [.noFollow, .nonBlocking, .closeOnExec])
        } catch { throw FileProblem(path, "cannot be read: \(error)") }
        defer { try? file.close() }
        guard try Stat(file).type == .regular else {
            throw FileProblem(path, "is not a regular file")
        }
        // The line that the end begins in is left out.
        var isInside = false
        if let last {
            do {
                let size = try file.seek(offset: 0, from: .end)
                isInside = size > Int64(last)
                try file.seek(offset: isInside ? size - Int64(last) : 0, from: .start)
            } catch { throw FileProblem(path, "cannot be read: \(error)") }
        }
        var chunk: [UInt8] = []
        var start = 0
        while true {
            // What is left of the chunk begins a line; no end of one is in it. As much is read as is
            // left, so that where no line ends it is not copied again and again.
            let left = chunk.count - start
            guard left <= Self.longest else {
                throw FileProblem(
                    path, "has a line of more than \(Self.longest >> 20) MiB",
                    "is it a file of the journal?")
            }
            do {
                chunk = try read(
                    file.rawValue, max(size, left), chunk.span.extracting(start...))
            } catch {
                throw FileProblem(path, "cannot be read: \(error)", "see whether the disk is whole")
            }
            start = 0
            guard chunk.count > left else { break }
            guard let first = chunk.span.firstIndex(of: Self.lineFeed, from: left),
                let end = chunk.lastIndex(of: Self.lineFeed)
            else { continue }
            let begin = isInside ? first + 1 : 0
            isInside = false
            start = end + 1
            if begin < start, try body(chunk[begin..<start]) == .stop { return .stop }
        }
        guard !chunk.isEmpty, !isInside else { return .goOn }
        return try body(chunk[...])
    }

    /// Lends the lines of a piece, without their ends, in order. `isWhole` is false for a last one
    /// whose end is missing.
    static func lines(
        in piece: ArraySlice<UInt8>,
        _ body: (_ bytes: ArraySlice<UInt8>, _ isWhole: Bool) throws -> Step
    ) rethrows -> Step {
        var start = piece.startIndex
        while let end = piece.span.firstIndex(of: lineFeed, from: start - piece.startIndex) {
            let place = piece.startIndex + end
            if try body(piece[start..<place], true) == .stop { return .stop }
            start = place + 1
        }
        return start < piece.endIndex ? try body(piece[start...], false) : .goOn
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
        var number = 0
        return try pieces(of: day, last: last) { piece in
            try Self.lines(in: piece) { bytes, isWhole in
                number += 1
                return try body(bytes, Place(file: path, number: number, day: day), isWhole)
            }
        }
    }

    /// Lends every line of these days that has the form of one, in order.
    ///
    /// - Parameters:
    ///   - holding: only lines that hold each of these.
    ///   - unread: called for each line that has not the form, whatever it holds; but for a last one
    ///     that is still being written, and for bytes of a crash that the next line accounts for.
    package func lines(
        of days: some Sequence<JournalDay>, holding needles: [ByteNeedle] = [], last: Int? = nil,
        unread: (Place) -> Void = { _ in }, _ body: (JournalLine, Place) throws -> Step
    ) throws {
        for day in days {
            var formless: [Place] = []
            let step = try rawLines(of: day, last: last) { bytes, place, isWhole in
                guard let line = JournalLine(bytes) else {
                    if isWhole { formless.append(place) }
                    return .goOn
                }
                if !formless.isEmpty {
                    if line.member("torn_bytes") == nil { formless.forEach(unread) }
                    formless.removeAll()
                }
                guard needles.allSatisfy({ $0.isIn(bytes.span) }) else { return .goOn }
                return try body(line, place)
            }
            if step == .stop { return }
            formless.forEach(unread)
        }
    }

    private static let piece = 1 << 20
    /// Bytes of a line; the gateway's own are far shorter.
    private static let longest = 64 << 20
    private static let lineFeed = UInt8(ascii: "\n")
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
