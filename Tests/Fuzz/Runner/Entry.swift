import Foundation
import FuzzProperties

/// The target that is fuzzed: `OCMGATE_FUZZ_TARGET` names it.
private let target: FuzzTarget = {
    let name = ProcessInfo.processInfo.environment["OCMGATE_FUZZ_TARGET"] ?? ""
    guard let target = FuzzTarget(rawValue: name) else {
        let known = FuzzTarget.allCases.map(\.rawValue).joined(separator: " ")
        print("OCMGATE_FUZZ_TARGET names one of: \(known)")
        exit(2)
    }
    return target
}()

/// What libFuzzer calls with every input; a violation ends the process, as a trap does.
@_cdecl("LLVMFuzzerTestOneInput")
package func testOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    let bytes = unsafe Array(UnsafeBufferPointer(start: data, count: size))
    do { try target.check(bytes) } catch {
        fatalError("\(target.rawValue): \(error)")
    }
    return 0
}
