import Foundation

/// A file that a command reads whole.
enum InputFile {
    /// Its bytes; `-` is standard input. Refused: one that is not there, or cannot be read.
    static func bytes(_ file: String) throws -> [UInt8] {
        if file == "-" { return [UInt8](FileHandle.standardInput.readDataToEndOfFile()) }
        guard let data = FileManager.default.contents(atPath: file) else {
            throw CommandFailure("\(file) cannot be read")
        }
        return [UInt8](data)
    }
}
